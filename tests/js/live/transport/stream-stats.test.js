import assert from "node:assert/strict";
import { test } from "node:test";

import { Recent } from "../../../../static/js/live/transport/recent.js";
import { StreamStats, percentiles } from "../../../../static/js/live/transport/stream-stats.js";
import { FakeClock } from "../../fakes.js";

function setUp() {
  const clock = new FakeClock();
  const stats = new StreamStats(clock.now);
  const stream = (frames, everyMs, { bytes = 30_000, latencyMs = 40, timingsMs = {} } = {}) => {
    for (let i = 0; i < frames; i += 1) {
      clock.advance(everyMs);
      stats.frameSent({ bytes });
      stats.frameAnswered({ latencyMs, timingsMs });
      stats.frameDrawn(latencyMs + 5);
    }
  };
  return { clock, stats, stream };
}

test("before anything happens there is nothing to tell", () => {
  const { fpsSent, latency, roundTrip, stages, dropRate, jpegBytes, connection } = setUp().stats.report();
  assert.deepEqual([fpsSent, dropRate, jpegBytes, connection], [0, 0, null, "disconnected"]);
  assert.deepEqual([latency.p50, latency.p95, roundTrip.p95, stages], [null, null, null, {}]);
  assert.ok(latency.history.every((value) => value === null));
});

test("rates are of the last seconds, from the first second on", () => {
  const { clock, stats, stream } = setUp();
  stream(15, 1000 / 15);
  assert.equal(Math.round(stats.report().fpsAnswered), 15);
  stream(150, 100);
  const { fpsSent, fpsAnswered, fpsDrawn, bytesPerSecond } = stats.report();
  assert.deepEqual([fpsSent, fpsAnswered, fpsDrawn, bytesPerSecond].map(Math.round), [10, 10, 10, 300_000]);
  clock.advance(3000);
  assert.equal(stats.report().fpsSent, 0);
});

test("latency is told by percentiles and by its course", () => {
  const { clock, stats } = setUp();
  for (let i = 1; i <= 100; i += 1) {
    clock.advance(50);
    stats.frameDrawn(i);
  }
  const { latency } = stats.report();
  assert.deepEqual([latency.p50, latency.p95, latency.history.length], [50, 95, 40]);
  assert.deepEqual(latency.history.slice(-2), [95, 100]);
  assert.equal(latency.history[0], null);
});

test("what is older than the window no longer counts", () => {
  const { clock, stats, stream } = setUp();
  stream(1, 100, { latencyMs: 900, timingsMs: { detect: 500 } });
  clock.advance(10_000);
  stream(10, 10, { latencyMs: 20, timingsMs: { detect: 10, total: 12 } });
  const { latency, roundTrip, stages } = stats.report();
  assert.deepEqual([latency.p95, roundTrip.p95, stages], [25, 20, { detect: 10, total: 12 }]);
});

test("time per stage is the mean of the frames that have the stage", () => {
  const { stats } = setUp();
  stats.frameAnswered({ latencyMs: 1, timingsMs: { detect: 10, read: 30 } });
  stats.frameAnswered({ latencyMs: null, timingsMs: { detect: 20 } });
  assert.deepEqual(stats.report().stages, { detect: 15, read: 30 });
  assert.equal(stats.report().roundTrip.p50, 1);
});

test("dropped frames are told as a share, slow_down as a count", () => {
  const { stats, stream } = setUp();
  stream(6, 10);
  stats.frameDropped();
  stats.frameDropped();
  stats.slowedDown();
  assert.deepEqual([stats.report().dropRate, stats.report().slowDowns], [0.25, 1]);
});

test("a new stream begins with nothing but its connection", () => {
  const { stats, stream } = setUp();
  stats.connectionChanged("connected");
  stream(20, 50);
  stats.slowedDown();
  stats.reset();
  const { fpsSent, latency, slowDowns, connection } = stats.report();
  assert.deepEqual([fpsSent, latency.p50, slowDowns, connection], [0, null, 0, "connected"]);
});

test("percentiles are values that were there", () => {
  assert.deepEqual(percentiles([7]), { p50: 7, p95: 7 });
  assert.deepEqual(percentiles([3, 1, 2, 4]), { p50: 2, p95: 4 });
});

test("memory does not grow with time", () => {
  const recent = new Recent(100);
  for (let at = 0; at < 10_000; at += 1) recent.add(at, at);
  assert.equal(recent.since(9_999).length, 100);
  assert.deepEqual(recent.since(9_999, 2).map(({ value }) => value), [9_998, 9_999]);
  recent.clear();
  assert.deepEqual(recent.since(9_999), []);
});
