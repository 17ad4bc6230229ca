import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_LINES, NEWS_AFTER_MS } from "../../../../static/js/live/panels/read-lines.js";
import { MOST_SAID, ReadText, SAY_EVERY_MS } from "../../../../static/js/live/panels/read-text.js";

/** As much of an element as the list needs; `changes` counts what a screen reader would hear of. */
class FakeElement {
  children = [];
  parent = null;
  hidden = false;
  changes = 0;
  #text = "";

  get textContent() {
    return this.#text;
  }

  set textContent(text) {
    this.#text = text;
    this.changes += 1;
  }

  set innerHTML(_html) {
    throw new Error("Read text comes from the outside world");
  }

  insertBefore(child, before) {
    child.remove();
    const position = before === null ? this.children.length : this.children.indexOf(before);
    this.children.splice(position, 0, child);
    child.parent = this;
    this.changes += 1;
  }

  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }
}

function setUp() {
  const [list, empty, announcer] = Array.from({ length: 3 }, () => new FakeElement());
  const createItem = () => {
    const [item, text, time, score] = Array.from({ length: 4 }, () => new FakeElement());
    return { item: Object.assign(item, { text, time, score }), text, time, score };
  };
  const clock = { time: new Date(2024, 0, 1, 12, 3, 44) };
  const readText = new ReadText({ list, empty, announcer, createItem, wallClock: () => clock.time });
  const rows = () => list.children.map(({ text, time, score }) => [text, time, score].map((part) => part.textContent));
  return { list, empty, announcer, clock, readText, rows, texts: () => rows().map(([text]) => text) };
}

const detection = (text, y = 0, textScore = 0.9) => ({ x: 0, y, w: 1, h: 0.1, label: "text", score: 0.9, text, textScore });

test("shows lines newest first, as text, with time and score", () => {
  const { readText, rows, empty, clock } = setUp();
  readText.add([detection("Opening hours", 0.1), detection("<b>9 to 5</b>", 0.2, 0.87)], 0);
  clock.time = new Date(2024, 0, 1, 12, 4, 5);
  readText.add([detection("Closed today")], 100);
  assert.deepEqual(rows(), [
    ["Closed today", "12:04:05", "90%"],
    ["Opening hours", "12:03:44", "90%"],
    ["<b>9 to 5</b>", "12:03:44", "87%"],
  ]);
  assert.equal(empty.hidden, true);
});

test("a new line moves no other", () => {
  const { readText, list } = setUp();
  readText.add([detection("first"), detection("second", 0.5)], 0);
  assert.equal(list.changes, 2);
  readText.add([detection("third thing")], 100);
  assert.equal(list.changes, 3);
});

test("what stays in view touches nothing", () => {
  const { readText, list } = setUp();
  for (let frame = 0; frame < 50; frame += 1) readText.add([detection("NO ENTRY")], frame * 66);
  const [item] = list.children;
  assert.deepEqual([list.changes, item.text.changes, item.time.changes, item.score.changes], [1, 1, 1, 1]);
});

test("a better reading changes the words of its item and its score, not its time", () => {
  const { readText, list, rows, clock } = setUp();
  readText.add([detection("NO ENTPY", 0, 0.6)], 0);
  clock.time = new Date(2024, 0, 1, 13, 0, 0);
  readText.add([detection("NO ENTRY")], 66);
  assert.deepEqual(rows(), [["NO ENTRY", "12:03:44", "90%"]]);
  assert.equal(list.changes, 1);
});

test("a line that comes back later is new again, with its new time", () => {
  const { readText, rows, clock } = setUp();
  readText.add([detection("old line")], 0);
  readText.add([detection("another")], 100);
  clock.time = new Date(2024, 0, 1, 13, 0, 0);
  readText.add([detection("old line")], NEWS_AFTER_MS + 1);
  assert.deepEqual(rows().map(([text, time]) => [text, time]), [["old line", "13:00:00"], ["another", "12:03:44"]]);
});

test("lines and text are there to be copied", () => {
  const { readText } = setUp();
  readText.add([detection("first", 0.1), detection("second", 0.2)], 0);
  assert.equal(readText.text, "first\nsecond");
  assert.deepEqual(readText.lines.map(({ text, score }) => [text, score]), [["first", 0.9], ["second", 0.9]]);
});

test("old lines go, and clearing leaves the hint", () => {
  const { readText, list, empty, announcer, texts } = setUp();
  for (let i = 0; i < 80; i += 1) readText.add([detection(`number ${i}`)], i);
  assert.equal(list.children.length, MOST_LINES);
  readText.clear();
  assert.deepEqual(texts(), []);
  assert.equal(empty.hidden, false);
  assert.equal(announcer.textContent, "");
  assert.equal(readText.text, "");
});

test("a screen reader hears each line once, and not more often than it can follow", () => {
  const { readText, announcer } = setUp();
  readText.add([detection("first")], 0);
  assert.equal(announcer.textContent, "first");
  for (let now = 66; now < SAY_EVERY_MS; now += 66) readText.add([detection("first"), detection("second", 0.5)], now);
  assert.equal(announcer.changes, 1);
  readText.add([detection("first", 0, 0.99), detection("second", 0.5)], SAY_EVERY_MS);
  assert.equal(announcer.textContent, "second");
  for (let now = SAY_EVERY_MS; now < 5 * SAY_EVERY_MS; now += 66) readText.add([detection("second")], now);
  assert.equal(announcer.changes, 2);
});

test("of many new lines a few are said, and how many more there are", () => {
  const { readText, announcer } = setUp();
  const page = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"].map((text, row) => detection(text, row / 10));
  readText.add(page, 0);
  assert.equal(announcer.textContent, `${page.slice(0, MOST_SAID).map(({ text }) => text).join(". ")}. And 2 more`);
});

test("without an announcer the list is all there is", () => {
  const [list, empty] = [new FakeElement(), new FakeElement()];
  const createItem = () => ({ item: new FakeElement(), text: new FakeElement(), time: new FakeElement(), score: new FakeElement() });
  const readText = new ReadText({ list, empty, createItem, wallClock: () => new Date(0) });
  readText.add([detection("line")], 0);
  readText.clear();
  assert.equal(list.children.length, 0);
});
