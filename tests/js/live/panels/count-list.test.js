import assert from "node:assert/strict";
import { test } from "node:test";

import { CountList, countsInWords } from "../../../../static/js/live/panels/count-list.js";

/** As much of an element as the list needs. */
class FakeElement {
  children = [];
  hidden = false;
  textContent = "";
  changes = 0;

  append(...children) {
    this.children.push(...children);
    for (const child of children) if (typeof child === "object") child.parent = this;
    this.changes += 1;
  }

  remove() {
    this.parent.children = this.parent.children.filter((child) => child !== this);
  }
}

function setUp() {
  const [panel, list] = [new FakeElement(), new FakeElement()];
  const counts = new CountList({ panel, list, createElement: () => new FakeElement() });
  const rows = () => list.children.map(({ children: [place, , words] }) => `${place.textContent}: ${words.textContent}`);
  return { panel, list, counts, rows };
}

const DOOR = { now: 2, labels: { person: 2 }, tracks: [1, 4], total: 5 };
const ROAD = { in: 3, out: 1, labels: {}, crossed: [] };

test("zones come before lines", () => {
  assert.deepEqual(countsInWords({ lines: { road: ROAD }, zones: { door: DOOR, yard: { now: 0, labels: {} } } }), [
    { place: "door", words: "2 now, 5 so far" },
    { place: "yard", words: "0 now" },
    { place: "road", words: "3 in, 1 out" },
  ]);
});

test("what says nothing is left out, and nothing makes it throw", () => {
  assert.deepEqual(countsInWords({}), []);
  assert.deepEqual(countsInWords({ zones: { door: null, yard: { now: "many" } }, lines: { road: { in: 1 } } }), []);
  assert.deepEqual(countsInWords({ zones: null, lines: 4, others: { now: 1 } }), []);
});

test("the panel is there while something is counted", () => {
  const { panel, counts, rows } = setUp();
  counts.render({ zones: { door: DOOR }, lines: { road: ROAD } });
  assert.deepEqual(rows(), ["door: 2 now, 5 so far", "road: 3 in, 1 out"]);
  assert.equal(panel.hidden, false);
  counts.render({ lines: { road: { ...ROAD, in: 4 } } });
  assert.deepEqual(rows(), ["road: 4 in, 1 out"]);
  counts.render({});
  assert.deepEqual(rows(), []);
  assert.equal(panel.hidden, true);
});

test("rows stay while their numbers change", () => {
  const { list, counts } = setUp();
  counts.render({ zones: { door: DOOR } });
  const [row] = list.children;
  counts.render({ zones: { door: { ...DOOR, now: 3 } } });
  assert.equal(list.children[0], row);
  assert.equal(list.changes, 1);
});
