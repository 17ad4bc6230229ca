import assert from "node:assert/strict";
import { test } from "node:test";

import { boxRect, clamp, containedRect, movedWithBox, overlap, pointAt, sharedArea } from "../../../static/js/shared/geometry.js";
import { seeded } from "../fakes.js";

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

test("a polygon moves and grows with its box", () => {
  const box = { x: 0.25, y: 0.5, w: 0.5, h: 0.25 };
  const corners = movedWithBox([[0.5, 0.5], [0.75, 0.75]], box, { x: 0, y: 0.25, w: 1, h: 0.5 });
  assert.deepEqual(corners, [{ x: 0.5, y: 0.25 }, { x: 1, y: 0.75 }]);
  assert.deepEqual(movedWithBox([[0.5, 0.5]], { ...box, w: 0, h: 0 }, box), [{ x: 0.5, y: 0.5 }]);
});

test("in a mirror left and right change over, and nothing else", () => {
  const picture = { x: 0, y: 75, width: 800, height: 450 };
  const box = boxRect({ x: 0.125, y: 0.5, w: 0.25, h: 0.25 }, picture, true);
  assert.deepEqual(box, { x: 500, y: 300, width: 200, height: 112.5 });
  assert.deepEqual(boxRect({ x: -0.125, y: 0, w: 0.375, h: 1 }, picture, true), { x: 600, y: 75, width: 200, height: 450 });
  assert.deepEqual(pointAt({ x: 0.25, y: 0.5 }, picture, false), { x: 200, y: 300 });
  assert.deepEqual(pointAt({ x: 0.25, y: 0.5 }, picture, true), { x: 600, y: 300 });
});

test("a box lies on its part of the picture at any size, shape and side", () => {
  const random = seeded(2);
  for (let i = 0; i < 500; i += 1) {
    const stage = { width: 50 + random() * 2000, height: 50 + random() * 2000 };
    const picture = containedRect(stage, { width: 100 + random() * 2000, height: 100 + random() * 2000 });
    const [left, top, right, bottom] = [random() / 2, random() / 2, 0.5 + random() / 2, 0.5 + random() / 2];
    const isMirrored = random() < 0.5;
    const box = boxRect({ x: left, y: top, w: right - left, h: bottom - top }, picture, isMirrored);
    const corners = [pointAt({ x: left, y: top }, picture, isMirrored), pointAt({ x: right, y: bottom }, picture, isMirrored)];
    const [x, end] = corners.map((corner) => corner.x).sort((a, b) => a - b);
    assert.ok(Math.abs(box.x - x) < 1e-6 && Math.abs(box.x + box.width - end) < 1e-6);
    assert.ok(Math.abs(box.y - corners[0].y) < 1e-6 && Math.abs(box.y + box.height - corners[1].y) < 1e-6);
    assert.ok(box.x >= picture.x - 1e-6 && box.x + box.width <= picture.x + picture.width + 1e-6);
  }
});

test("what sticks out of the picture is cut off", () => {
  const picture = { x: 10, y: 10, width: 100, height: 100 };
  assert.deepEqual(boxRect({ x: -0.5, y: 0.75, w: 2, h: 0.5 }, picture), { x: 10, y: 85, width: 100, height: 25 });
  const outside = boxRect({ x: 1.5, y: 0, w: 1, h: 1 }, picture);
  assert.equal(outside.width, 0);
});

test("rectangles that only touch do not overlap", () => {
  const a = { x: 0, y: 0, width: 10, height: 10 };
  assert.equal(overlap(a, { ...a, x: 10 }), false);
  assert.equal(overlap(a, { ...a, x: 9 }), true);
  assert.equal(sharedArea(a, { ...a, x: 10 }), 0);
  assert.equal(sharedArea(a, { ...a, x: 8, y: 5 }), 10);
});

test("clamp keeps a value between its bounds", () => {
  assert.deepEqual([-1, 0.5, 2].map((value) => clamp(value, 0, 1)), [0, 0.5, 1]);
});
