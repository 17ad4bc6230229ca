import assert from "node:assert/strict";
import { test } from "node:test";

import { CALM_MS, CLIMB_EVERY_MS, FPSThrottler, LONGEST_CALM_MS, LOWEST_FPS, START_FPS } from "../../../../static/js/live/transport/fps-throttler.js";

function setUp() {
  const time = { ms: 0 };
  const throttler = new FPSThrottler(() => time.ms);
  throttler.reset();
  const pass = (ms) => {
    for (const end = time.ms + ms; time.ms < end; time.ms += 10) throttler.climb();
  };
  return { time, throttler, pass };
}

test("starts at 15 frames a second, at once", () => {
  const { throttler } = setUp();
  assert.equal(throttler.fps, START_FPS);
  assert.equal(START_FPS, 15);
  assert.equal(throttler.isDue(), true);
  throttler.sent();
  assert.equal(throttler.isDue(), false);
});

test("a highest rate that was chosen is taken at once, and climbed back to", () => {
  const { throttler, pass } = setUp();
  throttler.configure(30);
  assert.equal(throttler.fps, 30);
  throttler.configure(6);
  assert.equal(throttler.fps, 6);
  throttler.slowDown(null);
  assert.equal(throttler.fps, 5);
  pass(60_000);
  assert.equal(throttler.fps, 6);
});

test("a stream that was slowed down is not sped up by choosing more, but by calm", () => {
  const { throttler, pass } = setUp();
  throttler.slowDown(8);
  throttler.configure(20);
  assert.equal(throttler.fps, 8);
  pass(60_000);
  assert.equal(throttler.fps, 20);
  throttler.slowDown(10);
  throttler.configure(7);
  assert.equal(throttler.fps, 7);
});

test("no rate lower than the lowest can be chosen", () => {
  const { throttler } = setUp();
  throttler.configure(0);
  assert.equal(throttler.fps, LOWEST_FPS);
});

test("rests after trouble, then climbs a frame a second at a time", () => {
  const { throttler, pass, time } = setUp();
  throttler.slowDown(10);
  pass(CALM_MS - 10);
  assert.deepEqual([throttler.isResting, throttler.fps], [true, 10]);
  time.ms += 10;
  for (const fps of [11, 12, 13, 14, 15, 15]) {
    throttler.climb();
    throttler.climb();
    assert.deepEqual([throttler.isResting, throttler.fps], [false, fps]);
    time.ms += CLIMB_EVERY_MS;
  }
});

test("where climbing brought the trouble back, the rest is longer", () => {
  const { throttler, pass } = setUp();
  throttler.slowDown(10);
  pass(4000);
  throttler.slowDown(10);
  pass(LONGEST_CALM_MS - 20);
  assert.equal(throttler.fps, 10);
  pass(60_000);
  throttler.slowDown(10);
  pass(CALM_MS + 20);
  assert.equal(throttler.fps, 11);
});

test("a server that stands 8 frames a second is not driven into one slow_down after another", () => {
  const { time, throttler } = setUp();
  let [pleas, arrived, isArmed] = [0, [], true];
  for (; time.ms < 120_000; time.ms += 5) {
    throttler.climb();
    if (!throttler.isDue()) continue;
    throttler.sent();
    arrived = [...arrived.filter((at) => time.ms - at < 1000), time.ms];
    isArmed ||= arrived.length <= 8;
    if (arrived.length <= 8) continue;
    // A frame too many is dropped; when many were, the server asks for less, once.
    throttler.rest();
    if (arrived.length <= 11 || !isArmed) continue;
    isArmed = false;
    pleas += 1;
    throttler.slowDown(8);
  }
  assert.ok(pleas <= 3, `${pleas} pleas in two minutes`);
  assert.ok(throttler.fps >= 8 && throttler.fps <= 11, `${throttler.fps} fps`);
});
