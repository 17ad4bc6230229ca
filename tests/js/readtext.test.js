import assert from "node:assert/strict";
import { test } from "node:test";

import { ReadText } from "../../static/js/readtext.js";

/** As much of an element as the list needs; `insertions` counts what a screen reader would hear. */
class FakeElement {
  children = [];
  parent = null;
  hidden = false;
  insertions = 0;
  #text = "";

  get textContent() {
    return this.#text;
  }

  set textContent(text) {
    this.#text = text;
  }

  set innerHTML(_html) {
    throw new Error("Read text comes from the outside world");
  }

  insertBefore(child, before) {
    child.remove();
    const position = before === null ? this.children.length : this.children.indexOf(before);
    this.children.splice(position, 0, child);
    child.parent = this;
    this.insertions += 1;
  }

  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }
}

function setUp() {
  const [list, empty] = [new FakeElement(), new FakeElement()];
  const readText = new ReadText({ list, empty, createItem: () => new FakeElement() });
  return { list, empty, readText, texts: () => list.children.map((item) => item.textContent) };
}

const detection = (text, y = 0) => ({ x: 0, y, w: 1, h: 0.1, label: "text", score: 0.9, text, textScore: 0.9 });

test("shows lines newest first, as text", () => {
  const { readText, texts, empty } = setUp();
  readText.add([detection("Opening hours", 0.1), detection("<b>9 to 5</b>", 0.2)], 0);
  readText.add([detection("Closed today")], 100);
  assert.deepEqual(texts(), ["Closed today", "Opening hours", "<b>9 to 5</b>"]);
  assert.equal(empty.hidden, true);
});

test("a new line moves no other, so only it is announced", () => {
  const { readText, list } = setUp();
  readText.add([detection("first"), detection("second", 0.5)], 0);
  assert.equal(list.insertions, 2);
  readText.add([detection("third thing")], 100);
  assert.equal(list.insertions, 3);
});

test("what stays in view touches nothing", () => {
  const { readText, list } = setUp();
  for (let frame = 0; frame < 50; frame += 1) readText.add([detection("NO ENTRY")], frame * 66);
  assert.equal(list.insertions, 1);
});

test("a better reading changes the words of its item", () => {
  const { readText, list, texts } = setUp();
  readText.add([{ ...detection("NO ENTPY"), textScore: 0.6 }], 0);
  readText.add([detection("NO ENTRY")], 66);
  assert.deepEqual(texts(), ["NO ENTRY"]);
  assert.equal(list.insertions, 1);
});

test("old lines go, and clearing leaves the hint", () => {
  const { readText, list, empty, texts } = setUp();
  for (let i = 0; i < 80; i += 1) readText.add([detection(`number ${i}`)], i);
  assert.equal(list.children.length, 50);
  readText.clear();
  assert.deepEqual(texts(), []);
  assert.equal(empty.hidden, false);
});
