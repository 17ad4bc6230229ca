import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_KEPT, SentFrames } from "../../../../static/js/live/transport/sent-frames.js";

const frame = (takenAt) => ({ jpeg: "jpeg", size: { width: 1, height: 1 }, takenAt });

test("a frame is there for its answer, once", () => {
  const frames = new SentFrames();
  frames.add(4, frame(10));
  assert.equal(frames.take(4).takenAt, 10);
  assert.equal(frames.take(4), null);
  assert.equal(frames.take(5), null);
});

test("no more are kept than may be unanswered: the oldest go", () => {
  const frames = new SentFrames();
  for (let index = 1; index <= 50; index += 1) {
    frames.add(index, frame(index));
    assert.ok(frames.count <= MOST_KEPT);
  }
  assert.equal(frames.take(48), null);
  assert.equal(frames.take(49).takenAt, 49);
});

test("frames of another source are forgotten", () => {
  const frames = new SentFrames();
  frames.add(1, frame(1));
  frames.clear();
  assert.equal(frames.take(1), null);
});
