import assert from "node:assert/strict";
import { test } from "node:test";

import { roundTop, sparkline } from "../../../../static/js/live/panels/sparkline.js";

const SIZE = { width: 20, height: 10 };

test("the line goes from the left edge to the right one, larger values higher", () => {
  assert.equal(sparkline([0, 50, 100], SIZE, 100), "M0 10L10 5L20 0");
});

test("what is above the top is cut off there", () => {
  assert.equal(sparkline([1000, 50], SIZE, 100), "M0 0L20 5");
});

test("a few missing values are passed over", () => {
  assert.equal(sparkline([0, null, null, null, 100], SIZE, 100), "M0 10L20 0");
});

test("where nothing was measured for long the line has a gap, and a single value is a dash", () => {
  const nothing = [null, null, null, null];
  assert.equal(sparkline([50, ...nothing, 0, 0], { width: 12, height: 10 }, 100), "M0 5h1M10 10L12 10");
  assert.equal(sparkline([], SIZE, 100), "");
  assert.equal(sparkline(nothing, SIZE, 100), "");
});

test("the scale is a round number that nothing exceeds", () => {
  assert.deepEqual([[3], [101, null], [200], [999]].map((values) => roundTop(values, 100)), [100, 200, 200, 1000]);
});
