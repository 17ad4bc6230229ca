import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_AHEAD_MS, Motion } from "../../../../static/js/live/overlay/motion.js";
import { seeded } from "../../fakes.js";

const SIZE = { w: 0.15, h: 0.1 };
const PIXEL = 1 / 640;
const SCREEN_MS = 1000 / 60;

/** Chance with the shape of a bell, one pixel wide. */
function noiseOf(seed) {
  const random = seeded(seed);
  return () => PIXEL * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Answers about an object whose left top corner is at `truth(time)` in pixels, and what is drawn sixty times a second.
 *
 * @returns {{moved: number[], plain: number[], steps: number[]}} pixels: how far what is drawn is from the truth; how
 *   far it would be if each answer were drawn as it is; and how far it goes from one frame of the screen to the next
 */
function simulate(truth, { fps = 15, delayMs = 40, pixels = 0, seconds = 6, seed = 1, from = 700 } = {}) {
  const noise = noiseOf(seed);
  const answers = [];
  for (let takenAt = 0; takenAt < seconds * 1000; takenAt += 1000 / fps) {
    const [x, y] = truth(takenAt);
    const box = { x: x * PIXEL + pixels * noise(), y: y * PIXEL + pixels * noise(), ...SIZE };
    answers.push({ takenAt, at: takenAt + delayMs, box });
  }
  const motion = new Motion();
  const seen = { moved: [], plain: [], steps: [], corners: [] };
  let [last, before] = [null, null];
  for (let now = 0; now < seconds * 1000; now += SCREEN_MS) {
    while (answers[0]?.at <= now) {
      last = answers.shift();
      motion.add(last.box, last.takenAt, now);
    }
    if (now < from) continue;
    const drawn = motion.at(now);
    const [x, y] = truth(now);
    const away = (box) => Math.hypot(box.x / PIXEL - x, box.y / PIXEL - y);
    seen.moved.push(away(drawn));
    seen.plain.push(away(last.box));
    seen.corners.push([drawn.x / PIXEL, drawn.y / PIXEL]);
    if (before) seen.steps.push(Math.hypot(drawn.x - before.x, drawn.y - before.y) / PIXEL);
    before = drawn;
  }
  return seen;
}

const rms = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

for (const [name, truth, options] of [
  ["across the picture", (t) => [20 + 0.1 * t, 200], { pixels: 1, seconds: 5 }],
  ["fast and slanting", (t) => [20 + 0.3 * t, 20 + 0.15 * t], { pixels: 1, seconds: 2 }],
  ["over a slow server", (t) => [20 + 0.05 * t, 200], { pixels: 1, fps: 5, delayMs: 200, from: 1500 }],
]) {
  test(`a box in steady motion is drawn where it is: ${name}`, () => {
    for (const seed of SEEDS) {
      const { moved, plain } = simulate(truth, { ...options, seed });
      assert.ok(rms(moved) < rms(plain) / 3, `${rms(moved)} and ${rms(plain)} pixels with seed ${seed}`);
    }
  });
}

test("a box without noise is followed to a fraction of a pixel", () => {
  const { moved, plain } = simulate((t) => [20 + 0.1 * t, 200], { seconds: 5 });
  assert.ok(Math.max(...moved) < 0.5, String(Math.max(...moved)));
  assert.ok(rms(plain) > 7);
});

for (const pixels of [1, 2, 4]) {
  test(`a still box jitters less than the answers about it, with a noise of ${pixels} px`, () => {
    for (const seed of SEEDS) {
      const { moved, plain, steps } = simulate(() => [320, 240], { pixels, seed, from: 2000, seconds: 10 });
      assert.ok(rms(moved) < rms(plain) * 0.8, `${rms(moved)} and ${rms(plain)} with seed ${seed}`);
      assert.ok(rms(steps) < 0.5 * pixels, `${rms(steps)} a frame of the screen`);
    }
  });
}

test("a box that swings as a hand does is drawn nearer to where it is than its answers are", () => {
  for (const seed of SEEDS) {
    const swing = (t) => [300 + 40 * Math.sin((2 * Math.PI * t) / 2000), 200 + 20 * Math.cos((2 * Math.PI * t) / 2300)];
    const { moved, plain } = simulate(swing, { pixels: 1, seed });
    assert.ok(rms(moved) < rms(plain) * 0.8, `${rms(moved)} and ${rms(plain)} with seed ${seed}`);
  }
});

test("a box that stops or turns comes back soon and overshoots no further than it was on its way", () => {
  for (const [name, truth] of [
    ["stops", (t) => [t < 3000 ? 20 + 0.1 * t : 320, 200]],
    ["turns", (t) => [t < 3000 ? 20 + 0.1 * t : 320 - 0.1 * (t - 3000), 200]],
  ]) {
    for (const seed of SEEDS) {
      const { corners, moved } = simulate(truth, { pixels: 1, seed });
      // Until the first answer about the turn it cannot be known: 40 ms and up to one answer's interval.
      const furthest = Math.max(...corners.map(([x]) => x));
      assert.ok(furthest < 320 + 0.1 * (40 + 67) + 5, `${name} at ${furthest} with seed ${seed}`);
      const settled = moved.slice(-60);
      assert.ok(rms(settled) < 4, `${name}: ${rms(settled)}`);
    }
  }
});

test("a box that jumps does not fly on", () => {
  const motion = new Motion();
  const box = (x) => ({ x, y: 0.5, w: 0.05, h: 0.05 });
  for (let i = 0; i < 6; i += 1) motion.add(box(0.1), i * 66, i * 66);
  motion.add(box(0.8), 396, 396);
  for (let now = 396; now < 1000; now += SCREEN_MS) assert.ok(Math.abs(motion.at(now).x - 0.8) < 0.005);
});

test("nothing runs further ahead of its last answer than a third of a second", () => {
  const motion = new Motion();
  for (let time = 0; time <= 500; time += 50) motion.add({ x: 0.001 * time, y: 0.1, ...SIZE }, time, time + 20);
  const furthest = motion.at(500 + LONGEST_AHEAD_MS).x;
  assert.ok(Math.abs(furthest - 0.001 * (500 + LONGEST_AHEAD_MS)) < 0.02);
  assert.equal(motion.at(5000).x, furthest);
});

test("a correction is eased into, and never behind what is drawn otherwise", () => {
  const motion = new Motion();
  motion.add({ x: 0.5, y: 0.5, ...SIZE }, 0, 10);
  motion.add({ x: 0.53, y: 0.5, ...SIZE }, 66, 76);
  assert.ok(Math.abs(motion.at(76).x - 0.5) < 1e-9);
  assert.ok(motion.at(96).x > 0.51);
  const gone = [motion.at(176).x, motion.at(192).x];
  assert.ok(gone.every((x) => x > 0.525));
});

test("a box that grows keeps growing around its middle, and never turns inside out", () => {
  const motion = new Motion();
  for (let time = 0; time <= 600; time += 60) {
    const side = 0.4 - 0.0006 * time;
    motion.add({ x: 0.5 - side / 2, y: 0.5 - side / 2, w: side, h: side }, time, time);
  }
  const ahead = motion.at(900);
  assert.ok(ahead.w < 0.04 && ahead.w >= 0 && ahead.h >= 0);
  assert.ok(Math.abs(ahead.x + ahead.w / 2 - 0.5) < 0.01);
});

test("what stands still asks for no new picture, what moves does until it may not run on", () => {
  const still = new Motion();
  const moving = new Motion();
  for (let time = 0; time <= 600; time += 60) {
    still.add({ x: 0.5, y: 0.5, ...SIZE }, time, time);
    moving.add({ x: 0.0002 * time, y: 0.5, ...SIZE }, time, time);
  }
  assert.deepEqual([still.isMoving(610), still.isMoving(700)], [false, false]);
  assert.deepEqual([moving.isMoving(610), moving.isMoving(900), moving.isMoving(940)], [true, true, false]);
});

test("random answers never make a box that cannot be drawn", () => {
  for (const seed of SEEDS) {
    const random = seeded(seed);
    const motion = new Motion();
    for (let i = 0, time = 0; i < 300; i += 1) {
      time += random() < 0.1 ? 0 : random() * (random() < 0.05 ? 5000 : 100);
      motion.add({ x: random(), y: random(), w: random() * 0.5, h: random() * 0.5 }, time, time + random() * 300);
      const { x, y, w, h } = motion.at(time + random() * 2000);
      assert.ok([x, y, w, h].every(Number.isFinite) && w >= 0 && h >= 0);
      assert.ok(Math.abs(x) < 3 && Math.abs(y) < 3);
    }
  }
});
