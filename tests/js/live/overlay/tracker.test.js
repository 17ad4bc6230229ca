import assert from "node:assert/strict";
import { test } from "node:test";

import { FORGOTTEN_MS, Tracker, overlapOf } from "../../../../static/js/live/overlay/tracker.js";
import { seeded } from "../../fakes.js";

const box = (x, more = {}) => ({ x, y: 0.4, w: 0.1, h: 0.1, label: "bus", score: 0.9, ...more });
const line = (text, y, more = {}) => ({ x: 0.2, y, w: 0.5, h: 0.03, label: "text", score: 0.9, text, textScore: 0.9, ...more });

/** Names the objects of each answer by letters; an object keeps its letter. */
function letters() {
  const tracker = new Tracker();
  const known = new Map();
  let time = 0;
  const nameOf = (object) => {
    if (!known.has(object)) known.set(object, "abcdefghijklmnop"[known.size]);
    return known.get(object);
  };
  return (detections, afterMs = 66) => {
    time += afterMs;
    return tracker.take(detections, time, time + 30).map(nameOf).join("");
  };
}

test("an object is the same where its box overlaps the one before and its label stays", () => {
  const follow = letters();
  assert.equal(follow([box(0.1), box(0.5)]), "ab");
  assert.equal(follow([box(0.52), box(0.12)]), "ba");
  assert.equal(follow([box(0.12, { label: "car" }), box(0.9)]), "cd");
});

test("the server's numbers go before the place", () => {
  const follow = letters();
  assert.equal(follow([box(0.1, { trackId: 1 }), box(0.12, { trackId: 2 })]), "ab");
  assert.equal(follow([box(0.1, { trackId: 2 }), box(0.7, { trackId: 1 })]), "ba");
  assert.equal(follow([box(0.1, { trackId: 3 })]), "c");
});

test("a box that gets its number later stays the object that it was", () => {
  const follow = letters();
  assert.equal(follow([box(0.1)]), "a");
  assert.equal(follow([box(0.11, { trackId: 7 })]), "a");
  assert.equal(follow([box(0.5, { trackId: 7 })]), "a");
});

test("objects in motion are looked for where they should be by now", () => {
  const follow = letters();
  // Two boxes on their way through each other: at their places alone they would be changed over.
  for (let i = 0; i < 10; i += 1) {
    assert.equal(follow([box(0.1 + 0.04 * i), box(0.46 - 0.04 * i, { y: 0.45 })]), "ab", `answer ${i}`);
  }
});

test("lines of a page that moves further than they are apart are known by their words", () => {
  const follow = letters();
  const page = (offset) => ["one", "two", "three", "four"].map((text, row) => line(text, 0.1 + 0.04 * row + offset));
  assert.equal(follow(page(0)), "abcd");
  assert.equal(follow(page(0.045)), "abcd");
  assert.equal(follow(page(0.045).map((one) => ({ ...one, text: "again" }))), "abcd");
});

test("what was missing for a moment is the same again, what was missing for long is another", () => {
  const follow = letters();
  assert.equal(follow([box(0.1)]), "a");
  assert.equal(follow([]), "");
  assert.equal(follow([box(0.1)]), "a");
  assert.equal(follow([box(0.1)], FORGOTTEN_MS + 1), "b");
});

test("forgets everything when told to", () => {
  const tracker = new Tracker();
  const [before] = tracker.take([box(0.1)], 0, 10);
  tracker.clear();
  const [after] = tracker.take([box(0.1)], 66, 76);
  assert.notEqual(before, after);
});

test("each detection is one object, however they come", () => {
  const random = seeded(5);
  const tracker = new Tracker();
  for (let time = 0; time < 20_000; time += 66) {
    const detections = Array.from({ length: Math.floor(random() * 20) }, () => box(random(), {
      y: random(),
      label: random() < 0.5 ? "bus" : "car",
      ...(random() < 0.5 ? { trackId: Math.floor(random() * 5) } : {}),
    }));
    const objects = tracker.take(detections, time, time + 20);
    assert.equal(new Set(objects).size, detections.length);
    objects.forEach((object, i) => assert.equal(object.detection, detections[i]));
  }
});

test("only what has a number leaves a trail", () => {
  const tracker = new Tracker();
  let objects = [];
  for (let i = 0; i < 5; i += 1) {
    objects = tracker.take([box(0.1 + 0.03 * i, { trackId: 1 }), box(0.1 + 0.03 * i, { y: 0.8 })], i * 66, i * 66 + 20);
  }
  assert.deepEqual(objects.map(({ trail }) => trail.pointsAt(264).length), [5, 0]);
});

test("overlap is what both cover of what either does", () => {
  assert.ok(Math.abs(overlapOf(box(0.1), box(0.1)) - 1) < 1e-9);
  assert.equal(overlapOf(box(0.1), box(0.3)), 0);
  assert.ok(Math.abs(overlapOf(box(0.1), box(0.15)) - 1 / 3) < 1e-9);
});
