import assert from "node:assert/strict";
import { test } from "node:test";

import { DELAYS_MS } from "../../../../static/js/shared/backoff.js";
import { LOST_MS, PROOF_MS, SHORTEST_LOST_MS, SLEPT_MS, STILL_MS, WAITING_MS } from "../../../../static/js/live/capture/watchdog.js";
import { setUp } from "../../stream.js";

const nameOf = ({ store }) => store.state.connection.name;

test("a silent server is told of first and given up in the end", async () => {
  const set = setUp();
  await set.streaming();
  set.answered();
  set.sends();
  set.watchFor(WAITING_MS + 500);
  assert.equal(set.store.state.isWaiting, true);
  assert.equal(nameOf(set), "connected");
  set.watchFor(SHORTEST_LOST_MS - WAITING_MS);
  assert.equal(nameOf(set), "reconnecting");
  assert.equal(set.store.state.isWaiting, false);
});

test("while a pipeline loads, and where a frame takes long, there is more patience", async () => {
  const loading = setUp();
  await loading.streaming();
  loading.sends();
  loading.watchFor(LOST_MS);
  assert.equal(nameOf(loading), "connected");
  loading.watchFor(1000);
  assert.equal(nameOf(loading), "reconnecting");
  const slow = setUp();
  await slow.streaming();
  slow.answered();
  slow.sends();
  slow.clock.advance(1500);
  slow.Sockets.last.says({ frame_index: 2, result: {} });
  slow.sends();
  slow.watchFor(2 * SHORTEST_LOST_MS - 1000);
  assert.equal(nameOf(slow), "connected");
});

test("a server that is owed no answer by may be silent for ever", async () => {
  const set = setUp();
  await set.streaming();
  set.answered();
  set.watchFor(10 * LOST_MS);
  assert.equal(nameOf(set), "connected");
  assert.equal(set.store.state.isWaiting, false);
});

for (const [code, waits, closeCode] of [
  ["idle_timeout", [], 4408],
  ["connection_lost", DELAYS_MS, 1006],
]) {
  test(`a page that is seen again goes on after ${code}`, async () => {
    const { live, store, Sockets, clock, streaming } = setUp();
    await streaming();
    for (const wait of waits) {
      Sockets.last.ends(closeCode);
      clock.advance(wait);
    }
    Sockets.last.ends(closeCode);
    assert.equal(store.state.failure.code, code);
    const tries = Sockets.made.length;
    live.wake();
    assert.equal(store.state.failure, null);
    assert.equal(Sockets.made.length, tries + 1);
  });
}

test("waking hurries a try that is waited for, and leaves everything else alone", async () => {
  const { live, Sockets, streaming } = setUp();
  live.wake();
  assert.equal(Sockets.made.length, 0);
  await streaming();
  live.wake();
  assert.equal(Sockets.made.length, 1);
  Sockets.last.ends(1006);
  live.wake();
  assert.equal(Sockets.made.length, 2);
  Sockets.last.ends(4500);
  live.wake();
  assert.equal(Sockets.made.length, 2);
});

test("waking sets the picture going again", async () => {
  const { live, picture, pump, streaming } = setUp();
  await streaming();
  live.wake();
  assert.deepEqual([picture.plays, pump.starts], [1, 2]);
});

test("after a wake-up a connection has to prove soon that somebody is there", async () => {
  const set = setUp();
  await set.streaming();
  set.answered();
  set.sends();
  set.live.wake();
  set.watchFor(PROOF_MS);
  assert.equal(nameOf(set), "connected");
  set.watchFor(500);
  assert.equal(nameOf(set), "reconnecting");
});

test("one that says a word after the wake-up is believed again", async () => {
  const set = setUp();
  await set.streaming();
  set.answered();
  set.sends();
  set.live.wake();
  set.watchFor(PROOF_MS - 500);
  set.Sockets.last.says({ frame_index: 2, dropped: true });
  set.sends();
  set.watchFor(SHORTEST_LOST_MS - 500);
  assert.equal(nameOf(set), "connected");
});

test("a sleep of the computer is noticed, although the page's clock may have stood still", async () => {
  const set = setUp();
  await set.streaming();
  set.answered();
  set.watchFor(1000);
  set.sends();
  set.wall.extra += 3_600_000;
  set.watchFor(500);
  assert.equal(set.pump.starts, 2);
  set.watchFor(PROOF_MS + 500);
  assert.equal(nameOf(set), "reconnecting");
});

test("a session that ended in the sleep is opened again, though that is told of only afterwards", async () => {
  const set = setUp();
  await set.streaming();
  set.answered();
  set.watchFor(1000);
  set.wall.extra += 3_600_000;
  set.watchFor(500);
  set.Sockets.last.ends(4408);
  assert.equal(set.store.state.failure.code, "idle_timeout");
  set.watchFor(500);
  assert.equal(set.store.state.failure, null);
  assert.equal(set.Sockets.made.length, 2);
});

test("one that ends soon after that again is told of", async () => {
  const set = setUp();
  await set.streaming();
  set.live.wake();
  for (const _ of [1, 2]) {
    set.Sockets.last.ends(4408);
    set.watchFor(500);
  }
  assert.equal(set.store.state.failure.code, "idle_timeout");
  assert.equal(set.Sockets.made.length, 2);
});

test("a page that nobody sees is called seldom: that is no sleep", async () => {
  const set = setUp();
  await set.streaming();
  set.wall.hidden = true;
  set.live.watch();
  set.wall.extra += SLEPT_MS * 12;
  set.watchFor(500);
  assert.equal(set.pump.starts, 1);
});

test("a picture that stands still is told of, and no more once it moves", async () => {
  const { store, pump, watchFor, streaming } = setUp();
  await streaming();
  pump.stillMs = STILL_MS + 1;
  watchFor(500);
  assert.equal(store.state.picture, "still");
  pump.stillMs = 20;
  watchFor(500);
  assert.equal(store.state.picture, "moving");
});

test("a camera that the system holds back is told of", async () => {
  const { store, picture, watchFor, streaming } = setUp();
  await streaming();
  picture.isPaused = true;
  watchFor(500);
  assert.equal(store.state.picture, "paused");
});

test("a stream that fell asleep with its camera wakes with it", async () => {
  const { store, picture, Sockets, watchFor, streaming } = setUp();
  await streaming();
  picture.isPaused = true;
  watchFor(500);
  Sockets.last.ends(4408);
  watchFor(5000);
  assert.equal(store.state.failure.code, "idle_timeout");
  picture.isPaused = false;
  watchFor(500);
  assert.equal(store.state.failure, null);
  assert.equal(Sockets.made.length, 2);
});

test("a page that nobody sees has no still picture, and its video is left alone", async () => {
  const { store, pump, picture, wall, watchFor, streaming } = setUp();
  await streaming();
  wall.hidden = true;
  pump.stillMs = 60_000;
  watchFor(500);
  assert.equal(store.state.picture, "moving");
  assert.equal(picture.plays, 0);
});

test("nothing need move on a screen: its picture is sent again, whether the page is seen or not", async () => {
  const { store, live, pump, wall, watchFor, streaming } = setUp();
  await live.useSource("screen");
  await streaming();
  pump.stillMs = 60_000;
  wall.hidden = true;
  watchFor(1000);
  assert.equal(store.state.picture, "moving");
  assert.equal(pump.repeats, 2);
});

test("a camera that was lost while nobody looked is asked for again when somebody does", async () => {
  const { live, store, wall, picture, streaming } = setUp();
  await streaming();
  wall.hidden = true;
  live.sourceEnded("camera");
  assert.equal(store.state.failure.code, "camera_lost");
  wall.hidden = false;
  live.wake();
  await Promise.resolve();
  assert.equal(picture.starts.length, 2);
  live.sourceEnded("camera");
  live.wake();
  assert.equal(picture.starts.length, 2, "a camera that was unplugged before the person's eyes");
});

test("a page that is left lets go of everything and goes on when it is shown again", async () => {
  const { live, store, picture, Sockets, streaming } = setUp();
  await streaming();
  live.suspend();
  assert.deepEqual([store.state.camera, picture.isOn, Sockets.last.closedWith], ["off", false, 1000]);
  live.resume();
  assert.equal(store.state.camera, "starting");
  live.resume();
  assert.equal(picture.starts.length, 2);
});

for (const [what, prepare] of [
  ["one on which nothing ran", async () => {}],
  ["one that showed a screen", async ({ live, streaming }) => {
    await live.useSource("screen");
    await streaming();
  }],
]) {
  test(`a page that is shown again starts nothing by itself: ${what}`, async () => {
    const set = setUp();
    await prepare(set);
    const { length } = set.picture.starts;
    set.live.suspend();
    set.live.resume();
    assert.deepEqual([set.store.state.camera, set.picture.starts.length], ["off", length]);
  });
}
