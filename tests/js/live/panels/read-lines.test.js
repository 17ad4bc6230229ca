import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_LINES, NEWS_AFTER_MS, ReadLines, editDistance, isSameLine } from "../../../../static/js/live/panels/read-lines.js";
import { seeded } from "../../fakes.js";

const BOX = { x: 0, w: 1, h: 0.1, label: "text", score: 0.9 };
const detection = (text, { y = 0, textScore = 0.9 } = {}) => ({ ...BOX, y, text, textScore });
const texts = (read) => read.lines.map((line) => line.text);

test("the lines of one frame stand as they are read, newer frames above them", () => {
  const read = new ReadLines();
  read.add([detection("second", { y: 0.5 }), detection("first", { y: 0.1 })], 0);
  read.add([detection("news")], 100);
  assert.deepEqual(texts(read), ["news", "first", "second"]);
});

test("a line that stays in view is one line and changes nothing", () => {
  const read = new ReadLines();
  assert.equal(read.add([detection("NO ENTRY")], 0), true);
  for (let frame = 1; frame < 100; frame += 1) assert.equal(read.add([detection("NO ENTRY")], frame * 66), false);
  assert.deepEqual(texts(read), ["NO ENTRY"]);
});

test("a better reading of the same line replaces a worse one, in its place", () => {
  const read = new ReadLines();
  read.add([detection("NO ENTPY", { textScore: 0.6 })], 0);
  read.add([detection("above")], 1);
  const id = read.lines[1].id;
  assert.equal(read.add([detection("NO ENTRY", { textScore: 0.95 })], 2), true);
  assert.deepEqual(texts(read), ["above", "NO ENTRY"]);
  assert.equal(read.lines[1].id, id);
  assert.equal(read.add([detection("NO ENTRV", { textScore: 0.7 })], 3), false);
  assert.deepEqual(texts(read), ["above", "NO ENTRY"]);
});

test("the same words read more surely keep their place and get the better score", () => {
  const read = new ReadLines();
  read.add([detection("EXIT", { textScore: 0.6 })], 0);
  assert.equal(read.add([detection("EXIT", { textScore: 0.9 })], 100), true);
  const [{ score, readAt, lastSeen }] = read.lines;
  assert.deepEqual([score, readAt, lastSeen], [0.9, 0, 100]);
});

test("a line that comes back after a while is news", () => {
  const read = new ReadLines();
  read.add([detection("old")], 0);
  read.add([detection("other line")], 1);
  assert.equal(read.add([detection("old")], NEWS_AFTER_MS), false);
  assert.equal(read.add([detection("old")], 2 * NEWS_AFTER_MS + 1), true);
  assert.deepEqual(texts(read), ["old", "other line"]);
  assert.equal(read.lines[0].readAt, 2 * NEWS_AFTER_MS + 1);
});

test("guesses, blanks and boxes without text are left out", () => {
  const read = new ReadLines();
  const silent = { ...BOX, y: 0, label: "bus" };
  assert.equal(read.add([detection("maybe", { textScore: 0.3 }), detection("  "), silent], 0), false);
  assert.deepEqual(texts(read), []);
});

test("a reader that gives no score is believed as much as the detector", () => {
  const read = new ReadLines();
  read.add([{ ...detection("EXIT"), textScore: undefined }], 0);
  assert.deepEqual(texts(read), ["EXIT"]);
});

test("keeps a bounded number of lines, the newest", () => {
  const read = new ReadLines();
  const random = seeded(3);
  for (let i = 0; i < 200; i += 1) read.add([detection(`line ${i} ${random()}`)], i);
  assert.equal(read.lines.length, MOST_LINES);
  assert.match(read.lines[0].text, /^line 199 /);
});

for (const [a, b, same] of [
  ["NO ENTRY", "no entry", true],
  ["NO ENTRY", "NO ENTPY", true],
  ["Platform 4", "Platform 4.", true],
  ["GATE 12", "GATE 13", false],
  ["GATE 12", "GATE", false],
  ["EXIT", "ENTRY", false],
  ["PULL", "PUSH", false],
  ["A", "B", false],
  ["—", "…", false],
  ["—", "—", true],
  ["Привет", "привет", true],
]) {
  test(`${a} and ${b} are ${same ? "one line" : "two lines"}`, () => {
    assert.equal(isSameLine(a, b), same);
    assert.equal(isSameLine(b, a), same);
  });
}

test("counts how many characters differ", () => {
  assert.deepEqual(
    [["kitten", "sitting"], ["", "abc"], ["abc", ""], ["same", "same"], ["ab", "ba"]].map(([a, b]) => editDistance(a, b)),
    [3, 3, 3, 0, 2],
  );
});
