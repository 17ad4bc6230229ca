import assert from "node:assert/strict";
import { test } from "node:test";

import { DensityStrip, barsOf } from "../../../../static/js/jobs/viewer/density-strip.js";

test("bars stand where their time is", () => {
  assert.deepEqual(barsOf([0, 2, 1], 2, 8).map(({ x, bar }) => [x, bar > 0]), [[0, false], [0.25, true], [0.5, true]]);
  assert.equal(barsOf([0, 2, 1], 2, 8)[1].bar, 1);
  assert.deepEqual(barsOf([], 1, 1), []);
  assert.equal(barsOf([1, 1], 0, 0)[1].x, 0.5, "of a video whose length nobody knows");
  const late = barsOf([1, 1, 1], 4, 10)[2];
  assert.ok(late.x + late.share <= 1);
});

test("the strip is drawn anew when something has changed", () => {
  const drawn = [];
  const context = { setTransform() {}, clearRect: () => drawn.push("clear"), fillRect() { drawn.push(this.fillStyle); } };
  const canvas = { width: 0, height: 0, getContext: () => context };
  const strip = new DensityStrip({ canvas, colours: () => ({ played: "blue", ahead: "grey" }) });
  strip.resize({ width: 100, height: 10 }, 2);
  assert.deepEqual([canvas.width, canvas.height], [200, 20]);
  const counts = [1, 1];
  strip.show(counts, 1, 2);
  strip.show(counts, 1, 2);
  drawn.length = 0;
  strip.play(0.5);
  assert.deepEqual(drawn, []);
  strip.play(1.2);
  assert.deepEqual(drawn, ["clear", "blue", "grey"]);
  new DensityStrip({ canvas: { getContext: () => null }, colours: () => ({}) }).show(counts, 1, 2);
});
