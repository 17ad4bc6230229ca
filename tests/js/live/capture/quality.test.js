import assert from "node:assert/strict";
import { test } from "node:test";

import { CALM_MS, JPEG_QUALITY, LONGEST_CALM_MS, Quality, SETTLE_MS, STAY_MS, STEPS } from "../../../../static/js/live/capture/quality.js";
import { seeded } from "../../fakes.js";

function setUp() {
  const time = { ms: 0 };
  const quality = new Quality(() => time.ms);
  quality.reset();
  /** Pictures come 30 times a second and find this much unsent. */
  const see = (buffered, forMs) => {
    for (const end = time.ms + forMs; time.ms < end; time.ms += 33) quality.observe(buffered);
  };
  return { time, quality, see };
}

test("begins with what was chosen", () => {
  const { quality } = setUp();
  assert.deepEqual(quality.plan, { quality: JPEG_QUALITY, limit: { width: 640, height: 480 } });
  quality.configure({ quality: 0.6 });
  quality.configure({ size: { width: 1280, height: 960 } });
  assert.deepEqual(quality.plan, { quality: 0.6, limit: { width: 1280, height: 960 } });
});

test("bytes that leave soon change nothing", () => {
  const { quality, see } = setUp();
  for (let i = 0; i < 50; i += 1) {
    see(40_000, STAY_MS / 2);
    see(0, 66);
  }
  assert.equal(quality.level, 0);
});

test("bytes that stay step quality down first, then the size, in the same shape, to the last step", () => {
  const { quality, see } = setUp();
  const seen = new Set();
  for (let i = 0; i < 300; i += 1) {
    see(40_000, 33);
    seen.add(`${quality.plan.quality} ${quality.plan.limit.width}x${quality.plan.limit.height}`);
  }
  assert.deepEqual([...seen], ["0.8 640x480", "0.7 640x480", "0.6 640x480", "0.6 480x360", "0.5 480x360", "0.5 320x240"]);
});

for (const [chosen, lowest] of [
  [{ quality: 0.4, size: { width: 320, height: 240 } }, { quality: 0.3, limit: { width: 320, height: 240 } }],
  [{ quality: 0.3, size: { width: 160, height: 120 } }, { quality: 0.3, limit: { width: 160, height: 120 } }],
  [{ quality: 1, size: { width: 1280, height: 960 } }, { quality: 0.63, limit: { width: 640, height: 480 } }],
]) {
  test(`letters are left legible from ${JSON.stringify(chosen)} downwards`, () => {
    const { quality, see } = setUp();
    quality.configure(chosen);
    see(40_000, 20_000);
    assert.deepEqual(quality.plan, lowest);
  });
}

test("after calm it steps up again, one at a time", () => {
  const { quality, see } = setUp();
  see(40_000, 2 * SETTLE_MS + 200);
  assert.equal(quality.level, 2);
  see(0, CALM_MS - 100);
  assert.equal(quality.level, 2);
  see(0, 200);
  assert.equal(quality.level, 1);
  see(0, CALM_MS + 100);
  assert.equal(quality.level, 0);
});

test("a step up that fails makes the next one wait twice as long, up to a limit", () => {
  const { quality, see, time } = setUp();
  see(40_000, SETTLE_MS + 400);
  const waits = [];
  for (let i = 0; i < 6; i += 1) {
    const from = time.ms;
    while (quality.level === 1) see(0, 33);
    waits.push(Math.round((time.ms - from) / 1000));
    while (quality.level === 0) see(40_000, 33);
  }
  assert.deepEqual(waits, [5, 10, 20, 40, 40, 40]);
  assert.equal(waits.at(-1) * 1000, LONGEST_CALM_MS);
});

test("a new connection keeps the step, a new stream forgets it", () => {
  const { quality, see } = setUp();
  see(40_000, SETTLE_MS + 400);
  assert.equal(quality.level, 1);
  quality.restart();
  assert.equal(quality.level, 1);
  quality.reset();
  assert.equal(quality.level, 0);
});

/**
 * A link that takes `rate` bytes a second, `farMs` away from a server that answers at once; two frames are under way
 * at most. `systemBytes` of what is sent are out of the page's sight at once, as the system takes them in.
 */
function overLink({ time, quality }, { rate, farMs = 5, forMs, systemBytes = 0 }) {
  let sentUntil = time.ms;
  const underWay = [];
  const trips = [];
  for (const end = time.ms + forMs; time.ms < end; time.ms += 33) {
    const unsent = Math.max(0, ((sentUntil - time.ms) / 1000) * rate - systemBytes);
    while (underWay.length > 0 && underWay[0].answeredAt <= time.ms) {
      const { sentAt, answeredAt } = underWay.shift();
      trips.push(answeredAt - sentAt);
      quality.travelled(answeredAt - sentAt);
    }
    quality.observe(unsent);
    if (underWay.length >= 2) continue;
    const { quality: q, limit } = quality.plan;
    const bytes = 45_000 * (q / 0.8) ** 2 * ((limit.width * limit.height) / (640 * 480));
    sentUntil = Math.max(sentUntil, time.ms) + (bytes / rate) * 1000;
    underWay.push({ sentAt: time.ms, answeredAt: sentUntil + farMs });
  }
  return trips;
}

const average = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

for (const systemBytes of [0, 200_000]) {
  test(`on a link that takes 150 kB a second frames arrive within half a second (${systemBytes} B out of sight)`, () => {
    const set = setUp();
    const first = overLink(set, { rate: 150_000, forMs: 3000, systemBytes });
    overLink(set, { rate: 150_000, forMs: 10_000, systemBytes });
    const later = overLink(set, { rate: 150_000, forMs: 20_000, systemBytes });
    assert.ok(set.quality.level > 0);
    assert.ok(average(later) < 300 && average(later) < average(first), `${average(first)}, then ${average(later)} ms`);
    overLink(set, { rate: 5_000_000, forMs: LONGEST_CALM_MS + CALM_MS * STEPS.length + 5000, systemBytes });
    assert.equal(set.quality.level, 0);
  });
}

test("a server that is far away is not brought nearer by small frames, so they stay as chosen", () => {
  const set = setUp();
  const levels = new Set();
  for (let second = 0; second < 290; second += 1) {
    overLink(set, { rate: 5_000_000, farMs: 400, forMs: 1000, systemBytes: 200_000 });
    if (second > 10) levels.add(set.quality.level);
  }
  assert.deepEqual([...levels], [0]);
});

test("a server that takes its time is no slow network", () => {
  const { quality, see } = setUp();
  for (let i = 0; i < 60; i += 1) {
    quality.travelled(30);
    see(0, 500);
  }
  assert.equal(quality.level, 0);
});

for (let seed = 1; seed <= 50; seed += 1) {
  test(`random link ${seed}: sends less while it is slow, and everything again once it is fast`, () => {
    const random = seeded(seed);
    const set = setUp();
    const systemBytes = random() < 0.5 ? 0 : 200_000;
    for (let phase = 0; phase < 10; phase += 1) {
      const rate = 50_000 * 2 ** (random() * 6);
      overLink(set, { rate, farMs: 5 + random() * 60, forMs: 2000 + random() * 20_000, systemBytes });
      assert.ok(set.quality.level >= 0 && set.quality.level < STEPS.length);
      const { limit } = set.quality.plan;
      assert.equal(limit.width / limit.height, 640 / 480);
    }
    overLink(set, { rate: 5_000_000, forMs: LONGEST_CALM_MS + CALM_MS * STEPS.length + 5000, systemBytes });
    assert.equal(set.quality.level, 0);
  });
}
