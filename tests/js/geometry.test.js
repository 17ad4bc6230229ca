import assert from "node:assert/strict";
import { test } from "node:test";

import { boxRect, clamp, containedRect, labelRect, overlap } from "../../static/js/geometry.js";

test("a picture lies whole and centred in its stage", () => {
  const stage = { width: 800, height: 600 };
  assert.deepEqual(containedRect(stage, { width: 640, height: 480 }), { x: 0, y: 0, width: 800, height: 600 });
  assert.deepEqual(containedRect(stage, { width: 1600, height: 900 }), { x: 0, y: 75, width: 800, height: 450 });
  assert.deepEqual(containedRect(stage, { width: 300, height: 600 }), { x: 250, y: 0, width: 300, height: 600 });
});

test("without a picture or a stage there is no place", () => {
  const nowhere = { x: 0, y: 0, width: 0, height: 0 };
  assert.deepEqual(containedRect({ width: 800, height: 600 }, { width: 0, height: 0 }), nowhere);
  assert.deepEqual(containedRect({ width: 0, height: 0 }, { width: 4, height: 3 }), nowhere);
});

test("a box of fractions lands on the picture, not on the bars beside it", () => {
  const picture = { x: 0, y: 75, width: 800, height: 450 };
  const box = boxRect({ x: 0.25, y: 0.5, w: 0.5, h: 0.25 }, picture);
  assert.deepEqual(box, { x: 200, y: 300, width: 400, height: 112.5 });
});

test("what sticks out of the picture is cut off", () => {
  const picture = { x: 10, y: 10, width: 100, height: 100 };
  assert.deepEqual(boxRect({ x: -0.5, y: 0.75, w: 2, h: 0.5 }, picture), { x: 10, y: 85, width: 100, height: 25 });
  const outside = boxRect({ x: 1.5, y: 0, w: 1, h: 1 }, picture);
  assert.equal(outside.width, 0);
});

const PICTURE = { x: 0, y: 0, width: 400, height: 300 };
const LABEL = { width: 60, height: 20 };

test("a label stands above its box, below it at the top edge, inside it where neither fits", () => {
  const above = labelRect({ x: 50, y: 100, width: 80, height: 40 }, LABEL, PICTURE, []);
  assert.deepEqual(above, { x: 50, y: 80, ...LABEL });
  const below = labelRect({ x: 50, y: 5, width: 80, height: 40 }, LABEL, PICTURE, []);
  assert.deepEqual(below, { x: 50, y: 45, ...LABEL });
  const inside = labelRect({ x: 0, y: 0, width: 400, height: 300 }, LABEL, PICTURE, []);
  assert.deepEqual(inside, { x: 0, y: 0, ...LABEL });
});

test("a label keeps clear of what is there, and covers its own box where nothing is clear", () => {
  const box = { x: 50, y: 100, width: 80, height: 40 };
  const labels = [];
  for (let i = 0; i < 4; i += 1) labels.push(labelRect(box, LABEL, PICTURE, labels));
  const [above, below, beside, inside] = labels;
  assert.deepEqual([above.y, below.y], [80, 140]);
  assert.deepEqual(beside, { x: 130, y: 110, ...LABEL });
  assert.deepEqual(inside, { x: 50, y: 100, ...LABEL });
  assert.deepEqual(labelRect(box, LABEL, PICTURE, labels), inside);
});

test("a label at the right edge is moved in; one too wide begins at the left", () => {
  const place = labelRect({ x: 390, y: 100, width: 10, height: 40 }, LABEL, PICTURE, []);
  assert.equal(place.x, 340);
  const wide = labelRect({ x: 390, y: 100, width: 10, height: 40 }, { width: 900, height: 20 }, PICTURE, []);
  assert.equal(wide.x, 0);
});

test("a label higher than the picture still has a place", () => {
  const place = labelRect({ x: 10, y: 2, width: 5, height: 2 }, { width: 20, height: 50 }, { ...PICTURE, height: 10 }, []);
  assert.deepEqual(place, { x: 10, y: 0, width: 20, height: 50 });
});

test("rectangles that only touch do not overlap", () => {
  const a = { x: 0, y: 0, width: 10, height: 10 };
  assert.equal(overlap(a, { ...a, x: 10 }), false);
  assert.equal(overlap(a, { ...a, x: 9 }), true);
});

test("clamp keeps a value between its bounds", () => {
  assert.deepEqual([-1, 0.5, 2].map((value) => clamp(value, 0, 1)), [0, 0.5, 1]);
});
