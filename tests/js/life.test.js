import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_FRESH_MS } from "../../static/js/live/transport/answers.js";
import { MOST_UNANSWERED } from "../../static/js/live/transport/pacing.js";
import { SourceError } from "../../static/js/live/capture/stream-source.js";
import { noteOf } from "../../static/js/live/state.js";
import { seeded, settled } from "./fakes.js";
import { result, setUp } from "./stream.js";

const CODES = [1000, 1006, 1011, 1012, 4400, 4404, 4408, 4500];
const KINDS = ["camera", "screen", "file"];

/** The events of a page's life, each with its weight. */
function eventsOf(set, random) {
  const { live, picture, wall, clock, Sockets, sends, pacing, pump } = set;
  const one = (list) => list[Math.floor(random() * list.length)];
  const server = () => Sockets.last;
  return [
    [3, () => live.start()],
    [1, () => live.stop()],
    [2, () => live.retry()],
    [2, () => live.useSource(one(KINDS), { file: {} })],
    [1, () => live.choose(one(["first", "second"]))],
    [1, () => live.flip()],
    [1, () => { picture.problem = random() < 0.5 ? new SourceError("camera_busy") : null; }],
    [1, () => { picture.isCancelled = random() < 0.3; }],
    [1, () => { picture.isPaused = random() < 0.3; }],
    [1, () => { pump.stillMs = random() < 0.3 ? 10_000 : 20; }],
    [1, () => picture.isOn && live.sourceEnded(picture.source.kind) ],
    [1, () => { wall.hidden = random() < 0.4; if (!wall.hidden) live.wake(); }],
    [1, () => { wall.extra += random() * 100_000; }],
    [1, () => { live.suspend(); if (random() < 0.8) live.resume(); }],
    [5, () => server()?.readyState === 0 && server().opens()],
    [2, () => server()?.readyState < 2 && server().ends(one(CODES))],
    [12, () => { if (server()?.readyState === 1 && pump.isRunning && pacing.mayStart()) sends(); }],
    [8, () => server()?.readyState === 1 && server().says(result(Math.ceil(random() * 12)))],
    [3, () => server()?.readyState === 1 && server().says({ frame_index: Math.ceil(random() * 12), dropped: true })],
    [1, () => server()?.readyState === 1 && server().says({ warning: "slow_down", suggested_fps: random() * 20 })],
    [12, () => { clock.advance(random() * 1500); live.watch(); }],
  ];
}

function pick(events, random) {
  let dice = random() * events.reduce((sum, [weight]) => sum + weight, 0);
  return events.find(([weight]) => (dice -= weight) < 0)[1];
}

/** Assert the invariants. */
function holds({ store, picture, pump, pacing, Sockets, clock }) {
  const { camera, connection, failure, frame } = store.state;
  assert.ok(pacing.unanswered <= MOST_UNANSWERED);
  if (camera === "off") {
    assert.equal(picture.isOn, false, "the camera's light is on while the page says it is off");
    assert.equal(pump.isRunning, false);
    assert.equal(connection.name, "disconnected");
    assert.ok(Sockets.made.every(({ readyState }) => readyState === 3), "a session is left open");
  }
  if (camera === "on") {
    assert.equal(picture.isOn, true);
    assert.equal(pump.isRunning, true);
    assert.equal(store.state.source, store.state.isSwitching ? store.state.source : picture.source.kind);
    assert.ok(connection.name !== "disconnected" || failure || store.state.isSwitching, "stopped without a word");
  }
  assert.ok(Sockets.made.filter(({ readyState }) => readyState < 2).length <= 1, "two sessions at once");
  if (frame) assert.ok(clock.now() - frame.takenAt <= 2 * LONGEST_FRESH_MS + 60_000);
}

const ends = { works: 0, words: 0, off: 0 };

for (let seed = 1; seed <= 150; seed += 1) {
  test(`random life ${seed} ends in a stream that works, or in words`, async () => {
    const random = seeded(seed);
    const set = setUp();
    const events = eventsOf(set, random);
    for (let step = 0; step < 250; step += 1) {
      void pick(events, random)();
      await settled();
      holds(set);
    }
    // Whatever there was in the way goes; then time passes and the person looks.
    const { picture, wall, live, store, clock, Sockets, pump } = set;
    Object.assign(picture, { problem: null, isCancelled: false, isPaused: false });
    Object.assign(pump, { stillMs: 20 });
    wall.hidden = false;
    live.wake();
    for (let second = 0; second < 120; second += 1) {
      clock.advance(500);
      live.watch();
      await settled();
      if (Sockets.last?.readyState === 0) Sockets.last.opens();
      holds(set);
      if (Sockets.last?.readyState === 1 && pump.isRunning && set.pacing.mayStart()) set.answered();
    }
    const { camera, connection, failure, frame } = store.state;
    const works = camera === "on" && connection.name === "connected" && frame !== null && noteOf(store.state) === "";
    assert.ok(works || failure || camera === "off", JSON.stringify(store.state));
    ends[works ? "works" : failure ? "words" : "off"] += 1;
    await live.retry();
    if (Sockets.last?.readyState === 0) Sockets.last.opens();
    if (camera === "on" || failure) assert.equal(store.state.connection.name, "connected", "Retry did not help");
  });
}

test("these lives end in every way", () => {
  for (const [end, count] of Object.entries(ends)) assert.ok(count >= 10, `${end}: ${count}`);
});
