import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_POINTS, TRAIL_MS, Trail } from "../../../../static/js/live/overlay/trail.js";

const BOX = { x: 0.2, y: 0.4, w: 0.2, h: 0.1 };

test("an object is followed by where it stands, words by their middle", () => {
  const [object, words] = [new Trail(), new Trail()];
  object.add(BOX, false, 0);
  words.add(BOX, true, 0);
  const [[foot], [middle]] = [object.pointsAt(0), words.pointsAt(0)];
  assert.ok(Math.hypot(foot.x - 0.3, foot.y - 0.5) < 1e-9);
  assert.ok(Math.hypot(middle.x - 0.3, middle.y - 0.45) < 1e-9);
});

test("a trail is bounded in time and in points", () => {
  const trail = new Trail();
  for (let time = 0; time < 60_000; time += 10) trail.add({ ...BOX, x: (time / 100) % 1 }, false, time);
  assert.equal(trail.pointsAt(59_990).length, MOST_POINTS);
  for (let time = 60_000; time < 70_000; time += 100) trail.add(BOX, false, time);
  const points = trail.pointsAt(69_900);
  assert.ok(points.length <= TRAIL_MS / 100 + 1);
  assert.ok(points.every(({ time }) => 69_900 - time <= TRAIL_MS));
  assert.deepEqual(trail.pointsAt(80_000), []);
});

test("what stands still leaves none, and one that is over is not seen", () => {
  const [still, moving] = [new Trail(), new Trail()];
  for (let i = 0; i < 10; i += 1) {
    still.add({ ...BOX, x: 0.2 + 0.002 * (i % 2) }, false, i * 66);
    moving.add({ ...BOX, x: 0.2 + 0.02 * i }, false, i * 66);
  }
  assert.deepEqual([still.isVisible(600), moving.isVisible(600), moving.isVisible(600 + TRAIL_MS)], [false, true, false]);
});
