import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_UNANSWERED, Pacing, WARMING_INTERVAL_MS } from "../../../../static/js/live/transport/pacing.js";
import { CALM_MS, CLIMB_EVERY_MS, LOWEST_FPS, START_FPS, STEP_FLOOR_FPS } from "../../../../static/js/live/transport/fps-throttler.js";
import { seeded } from "../../fakes.js";

/** A pacing whose clock the test holds; `warm` has had its first result. */
function setUp({ warm = true } = {}) {
  const time = { ms: 0 };
  const pacing = new Pacing(() => time.ms);
  pacing.reset();
  if (warm) pacing.answered(pacing.sent(0), false);
  return { time, pacing };
}

/** Offer a picture every `pictureMs` for `forMs`, each sent frame answered at once; the times of the frames sent. */
function stream({ time, pacing }, { pictureMs, forMs, answer = true }) {
  const sent = [];
  const end = time.ms + forMs;
  for (; time.ms < end; time.ms += pictureMs) {
    if (!pacing.mayStart()) continue;
    const index = pacing.sent(time.ms);
    sent.push(time.ms);
    if (answer) pacing.answered(index, false);
  }
  return sent;
}

test("numbers the frames of a connection from 1", () => {
  const { pacing } = setUp({ warm: false });
  assert.deepEqual([pacing.sent(0), pacing.sent(0)], [1, 2]);
  pacing.restart();
  assert.equal(pacing.sent(0), 1);
});

for (const camera of [24, 25, 30, 50, 60, 144]) {
  test(`sends 15 of the ${camera} pictures a second that a camera gives`, () => {
    const sent = stream(setUp(), { pictureMs: 1000 / camera, forMs: 10_000 });
    assert.ok(Math.abs(sent.length - 150) <= 3, `${sent.length} frames in 10 s`);
  });
}

test("a slow camera is followed, not chased", () => {
  const sent = stream(setUp(), { pictureMs: 200, forMs: 10_000 });
  assert.equal(sent.length, 50);
});

test("does not catch up in a burst after a pause", () => {
  const { time, pacing } = setUp();
  time.ms += 5000;
  const sent = stream({ time, pacing }, { pictureMs: 1, forMs: 1000 });
  assert.ok(sent.length <= START_FPS + 2, `${sent.length} frames in a second`);
});

test("two frames wait for an answer at most, however long it takes", () => {
  const set = setUp();
  const sent = stream(set, { pictureMs: 33, forMs: 5000, answer: false });
  assert.equal(sent.length, MOST_UNANSWERED);
  set.pacing.answered(2, true);
  assert.equal(set.pacing.mayStart(), true);
});

/** A server that works `workMs(now)` on each frame, one after another; the age of every frame at its answer. */
function againstServer({ time, pacing }, { workMs, forMs }) {
  const queue = [];
  const ages = [];
  let idleAt = 0;
  for (const end = time.ms + forMs; time.ms < end; time.ms += 4) {
    while (queue.length > 0 && queue[0].doneAt <= time.ms) ages.push(pacing.answered(queue.shift().index, false));
    if (!pacing.mayStart()) continue;
    idleAt = Math.max(idleAt, time.ms) + workMs(time.ms);
    queue.push({ index: pacing.sent(time.ms), doneAt: idleAt });
  }
  return ages;
}

for (const workMs of [100, 200, 400, 1000]) {
  test(`a server that works ${workMs} ms on a frame is kept busy with fresh frames`, () => {
    const ages = againstServer(setUp(), { workMs: () => workMs, forMs: 20_000 });
    const busy = (ages.length * workMs) / 20_000;
    assert.ok(busy > 0.9, `busy for ${busy} of the time`);
    const oldest = Math.max(...ages.slice(5));
    assert.ok(oldest <= workMs + 1000 / START_FPS + 12, `a frame was ${oldest} ms old`);
  });
}

test("a server that is fast is not held back", () => {
  const ages = againstServer(setUp(), { workMs: () => 30, forMs: 10_000 });
  assert.ok(ages.length >= 147, `${ages.length} frames in 10 s`);
});

test("a server that becomes fast again is soon believed", () => {
  const ages = againstServer(setUp(), { workMs: (now) => (now < 8000 ? 800 : 30), forMs: 13_000 });
  assert.ok(ages.length >= 10 + 60, `${ages.length} frames in 8 slow and 5 fast seconds`);
});

for (let seed = 1; seed <= 20; seed += 1) {
  test(`slowed to 200 ms a frame and set free again, no answer is half a second old (${seed})`, () => {
    const random = seeded(seed);
    const { time, pacing } = setUp();
    const [waiting, answers] = [[], []];
    let idleAt = 0;
    // A camera of 30 pictures a second, 5 to 25 ms to encode and send, a server that takes one frame after another.
    for (; time.ms < 60_000; time.ms += 33) {
      while (waiting.length > 0 && waiting[0].doneAt <= time.ms) {
        answers.push({ at: time.ms, age: pacing.answered(waiting.shift().index, false) });
      }
      if (!pacing.mayStart()) continue;
      const arrivesAt = time.ms + 5 + random() * 20;
      const isSlow = time.ms > 15_000 && time.ms < 35_000;
      idleAt = Math.max(idleAt, arrivesAt) + (isSlow ? 200 : 30) * (0.9 + random() * 0.2);
      waiting.push({ index: pacing.sent(time.ms), doneAt: idleAt });
      assert.ok(pacing.unanswered <= MOST_UNANSWERED);
    }
    const oldest = Math.max(...answers.map(({ age }) => age));
    assert.ok(oldest < 500, `an answer was ${oldest} ms old`);
    const recovered = answers.filter(({ at }) => at > 37_000 && at <= 47_000).length;
    assert.ok(recovered >= 145, `${recovered} frames in 10 s, 2 s after the slowdown`);
  });
}

test("tells how old a frame is when its answer comes, once", () => {
  const { time, pacing } = setUp();
  const index = pacing.sent(time.ms - 10);
  time.ms += 40;
  assert.equal(pacing.answered(index, false), 50);
  assert.equal(pacing.answered(index, false), null);
  assert.equal(pacing.answered(99, false), null);
});

test("while the pipeline loads, one fresh frame a second is enough and slow_down means nothing", () => {
  const { time, pacing } = setUp({ warm: false });
  const sent = [];
  for (; time.ms < 5000; time.ms += 33) {
    if (!pacing.mayStart()) continue;
    const index = pacing.sent(time.ms);
    sent.push(time.ms);
    if (index > 1) pacing.answered(index - 1, true);
    pacing.slowDown(null);
  }
  assert.equal(sent.length, 5000 / WARMING_INTERVAL_MS);
  assert.equal(pacing.fps, START_FPS);
  assert.equal(pacing.isWarming, true);
  pacing.answered(5, false);
  assert.equal(pacing.isWarming, false);
  assert.equal(pacing.mayStart(), true);
});

test("slow_down halves the rate, and one step ends at 5 at the lowest", () => {
  const { pacing } = setUp();
  pacing.slowDown(null);
  assert.equal(pacing.fps, 7.5);
  pacing.slowDown(null);
  assert.equal(pacing.fps, STEP_FLOOR_FPS);
});

test("slow_down goes to what the server suggests, and never up", () => {
  const { pacing } = setUp();
  pacing.slowDown(9);
  assert.equal(pacing.fps, 9);
  pacing.slowDown(12);
  assert.equal(pacing.fps, 9);
  pacing.slowDown(0);
  assert.equal(pacing.fps, STEP_FLOOR_FPS);
});

test("a second step may go below 5, but not below one frame a second", () => {
  const { pacing } = setUp();
  pacing.slowDown(2);
  assert.equal(pacing.fps, STEP_FLOOR_FPS);
  pacing.slowDown(2);
  assert.equal(pacing.fps, 2);
  pacing.slowDown(0.1);
  assert.equal(pacing.fps, LOWEST_FPS);
});

test("climbs back to 15 slowly once all is calm", () => {
  const set = setUp();
  set.pacing.slowDown(5);
  stream(set, { pictureMs: 33, forMs: CALM_MS - 100 });
  assert.equal(set.pacing.fps, 5);
  stream(set, { pictureMs: 33, forMs: 100 + 4 * CLIMB_EVERY_MS });
  assert.ok(set.pacing.fps >= 8 && set.pacing.fps <= 10, `${set.pacing.fps} fps after ${set.time.ms} ms`);
  stream(set, { pictureMs: 33, forMs: 8 * CLIMB_EVERY_MS });
  assert.equal(set.pacing.fps, START_FPS);
});

test("a dropped frame delays the climb", () => {
  const set = setUp();
  set.pacing.slowDown(5);
  stream(set, { pictureMs: 33, forMs: CALM_MS - 100 });
  set.pacing.answered(set.pacing.sent(set.time.ms), true);
  stream(set, { pictureMs: 33, forMs: CALM_MS - 100 });
  assert.equal(set.pacing.fps, 5);
});

for (const pressure of ["warning", "critical"]) {
  test(`while the server says ${pressure} the rate does not climb`, () => {
    const set = setUp();
    set.pacing.slowDown(5);
    for (const end = set.time.ms + 10_000; set.time.ms < end; set.time.ms += 50) {
      if (set.pacing.mayStart()) set.pacing.answered(set.pacing.sent(set.time.ms), false, pressure);
    }
    assert.equal(set.pacing.fps, 5);
    stream(set, { pictureMs: 33, forMs: 500 + 12 * CLIMB_EVERY_MS });
    assert.equal(set.pacing.fps, START_FPS);
  });
}

test("from the lowest rate, the full one is reached within 20 s of the last trouble", () => {
  const set = setUp();
  for (let i = 0; i < 4; i += 1) set.pacing.slowDown(1);
  assert.equal(set.pacing.fps, LOWEST_FPS);
  stream(set, { pictureMs: 33, forMs: 20_000 });
  assert.equal(set.pacing.fps, START_FPS);
});

test("the age of an answer counts from the picture, the server's work from when it was sent", () => {
  const { time, pacing } = setUp();
  time.ms = 1000;
  const index = pacing.sent(940);
  time.ms = 1030;
  assert.equal(pacing.answered(index, false), 90);
  assert.equal(pacing.workMs, 30);
});

test("a new connection keeps the rate learnt, a new stream forgets it", () => {
  const { pacing } = setUp();
  pacing.slowDown(6);
  pacing.restart();
  assert.equal(pacing.fps, 6);
  assert.equal(pacing.unanswered, 0);
  pacing.reset();
  assert.equal(pacing.fps, START_FPS);
});

test("silence counts only while an answer is owed, from the last word of the server", () => {
  const { time, pacing } = setUp();
  time.ms += 5000;
  assert.equal(pacing.silenceMs, 0);
  const index = pacing.sent(time.ms);
  pacing.sent(time.ms);
  time.ms += 300;
  assert.equal(pacing.silenceMs, 300);
  pacing.answered(index, false);
  assert.equal(pacing.silenceMs, 0);
  time.ms += 100;
  assert.equal(pacing.silenceMs, 100);
});

for (let seed = 1; seed <= 200; seed += 1) {
  test(`random scenario ${seed} keeps every promise`, () => {
    const random = seeded(seed);
    const { time, pacing } = setUp({ warm: random() < 0.5 });
    const waiting = [];
    let lastSent = -Infinity;
    for (let step = 0; step < 600; step += 1) {
      time.ms += random() * 60;
      const before = pacing.fps;
      const wasWarming = pacing.isWarming;
      const dice = random();
      if (dice < 0.6 && pacing.mayStart()) {
        const leastGap = Math.min(wasWarming ? WARMING_INTERVAL_MS : 1000 / START_FPS, 1000 / START_FPS) / 2 - 8;
        if (!wasWarming) assert.ok(time.ms - lastSent >= leastGap || lastSent < 0, "two frames too close");
        lastSent = time.ms;
        waiting.push(pacing.sent(time.ms));
      } else if (dice < 0.9 && waiting.length > 0) {
        const oldest = waiting.shift();
        const age = pacing.answered(oldest, random() < 0.3);
        assert.ok(age !== null && age >= 0);
        if (wasWarming && !pacing.isWarming) lastSent = -Infinity;
      } else if (dice > 0.97) {
        pacing.slowDown(random() < 0.5 ? null : random() * 20);
        assert.ok(pacing.fps <= before, "slow_down went up");
        assert.ok(before <= STEP_FLOOR_FPS || pacing.fps >= STEP_FLOOR_FPS, "one step below the floor");
      }
      assert.ok(pacing.unanswered <= MOST_UNANSWERED);
      assert.ok(pacing.fps >= LOWEST_FPS && pacing.fps <= START_FPS);
      assert.ok(pacing.fps <= before + 1, "climbed more than a step");
    }
    // However it went, a calm minute ends at full speed.
    for (const index of waiting) pacing.answered(index, false);
    stream({ time, pacing }, { pictureMs: 33, forMs: 60_000 });
    assert.equal(pacing.fps, START_FPS);
  });
}
