import assert from "node:assert/strict";
import { test } from "node:test";

import { FRESH_MS, LONGEST_FRESH_MS, MOST_WARNINGS } from "../../../static/js/live/transport/answers.js";
import { SourceError } from "../../../static/js/live/capture/stream-source.js";
import { initialState } from "../../../static/js/live/state.js";
import { DETECTION, SIZE, result, setUp } from "../stream.js";

test("start opens the camera, connects and streams", async () => {
  const { live, store, Sockets, pump, devices, picture } = setUp();
  const starting = live.start();
  assert.equal(store.state.camera, "starting");
  await starting;
  assert.equal(store.state.camera, "on");
  assert.equal(store.state.sourceName, "My camera");
  assert.equal(store.state.connection.name, "connecting");
  assert.equal(Sockets.last.url, "first");
  assert.equal(pump.isRunning, true);
  assert.equal(devices.refreshes, 1);
  await live.start();
  assert.equal(Sockets.made.length, 1);
  assert.equal(picture.starts.length, 1);
});

test("stop ends the source, the session and the pictures, and leaves nothing on the screen", async () => {
  const { live, store, Sockets, picture, pump, streaming, answered } = setUp();
  await streaming();
  answered();
  live.stop();
  assert.equal(picture.isOn, false);
  assert.equal(pump.isRunning, false);
  assert.equal(Sockets.last.closedWith, 1000);
  assert.deepEqual(store.state, initialState("first"));
});

test("an answer is shown with its own picture and age, and vanishes when none follows", async () => {
  const { store, Sockets, clock, streaming, sends } = setUp();
  await streaming();
  assert.equal(store.state.isWarming, true);
  sends();
  clock.advance(40);
  Sockets.last.says(result(1));
  assert.equal(store.state.isWarming, false);
  assert.deepEqual(store.state.frame, {
    frameIndex: 1, detections: [DETECTION], text: "HELLO", counts: {}, timingsMs: { total: 20 },
    jpeg: { size: 30_000, frameIndex: 1 }, size: SIZE, takenAt: 0,
  });
  assert.equal(store.state.delayMs, 40);
  clock.advance(FRESH_MS - 1);
  assert.notEqual(store.state.frame, null);
  clock.advance(1);
  assert.deepEqual([store.state.frame, store.state.delayMs, store.state.fps], [null, null, null]);
});

test("a warning is sent once and shown for as long as its session lasts", async () => {
  const { live, store, Sockets, clock, streaming, sends } = setUp();
  await streaming();
  const says = (frame, ...warnings) => {
    sends();
    Sockets.last.says({ ...result(frame), warnings });
  };
  says(1, "small", "many");
  says(2);
  says(3, "small");
  clock.advance(LONGEST_FRESH_MS);
  assert.deepEqual(store.state.warnings, ["small", "many"]);
  says(4, ...Array.from({ length: MOST_WARNINGS }, (_, i) => `new ${i}`));
  assert.deepEqual(store.state.warnings, ["new 0", "new 1", "new 2", "new 3", "new 4"]);
  live.choose("second");
  assert.deepEqual(store.state.warnings, []);
});

test("each answer renews what is shown; the rate is told", async () => {
  const { store, clock, streaming, answered } = setUp();
  await streaming();
  for (let frame = 1; frame <= 20; frame += 1) {
    answered();
    clock.advance(100);
  }
  assert.equal(store.state.frame.frameIndex, 20);
  assert.ok(Math.abs(store.state.fps - 10) < 0.01);
});

test("where answers come seldom, boxes stay from one to the next, but not for ever", async () => {
  const { store, clock, streaming, answered } = setUp();
  await streaming();
  for (let frame = 1; frame <= 5; frame += 1) {
    answered();
    clock.advance(1300);
    assert.equal(store.state.frame?.frameIndex ?? null, frame > 1 ? frame : null);
  }
  clock.advance(LONGEST_FRESH_MS);
  assert.equal(store.state.frame, null);
});

test("a dropped frame changes nothing on the screen", async () => {
  const { store, Sockets, streaming, answered, sends, stats } = setUp();
  await streaming();
  answered();
  sends();
  const before = store.state;
  Sockets.last.says({ frame_index: 2, dropped: true });
  assert.equal(store.state, before);
  assert.equal(stats.of("frameDropped").length, 1);
});

test("everything that is counted is told to the figures", async () => {
  const { Sockets, streaming, sends, clock, stats, live } = setUp();
  await streaming();
  sends();
  clock.advance(70);
  Sockets.last.says(result(1));
  Sockets.last.says({ warning: "slow_down", suggested_fps: 7 });
  live.stop();
  assert.deepEqual(stats.told, [
    ["connectionChanged", "connecting"],
    ["connectionChanged", "connected"],
    ["frameSent", { bytes: 30_000 }],
    ["frameAnswered", { latencyMs: 70, timingsMs: { total: 20 } }],
    ["slowedDown"],
    ["connectionChanged", "disconnected"],
  ]);
});

test("slow_down reaches the pacing, and what is done and why is told", async () => {
  const { Sockets, pacing, live, streaming, answered, sends } = setUp();
  assert.equal(live.sendStatus().why, "Nothing is sent: there is no picture");
  await streaming();
  assert.equal(live.sendStatus().why, "One frame a second while the pipeline loads");
  answered();
  Sockets.last.says({ warning: "slow_down", suggested_fps: 7 });
  assert.equal(pacing.fps, 7);
  sends({ width: 480, height: 640 });
  Sockets.last.bufferedAmount = 123;
  Sockets.last.says({ frame_index: 99, dropped: true, backpressure: "warning" });
  assert.deepEqual(live.sendStatus(), {
    targetFps: 7, unanswered: 1, width: 480, height: 640, quality: 0.8, bufferedAmount: 123, backpressure: "warning",
    encodedIn: "worker", why: "7 fps: the server asked for fewer frames",
  });
});

test("what is sent at most can be chosen", async () => {
  const { live, pacing, quality } = setUp();
  live.configure({ maxFps: 5, quality: 0.5 });
  live.configure({ size: { width: 320, height: 240 } });
  assert.equal(pacing.fps, 5);
  assert.deepEqual(quality.plan, { quality: 0.5, limit: { width: 320, height: 240 } });
});

test("a camera that cannot be had is told, and Retry asks again", async () => {
  const { live, store, picture, Sockets } = setUp();
  picture.problem = new SourceError("camera_refused");
  await live.start();
  assert.equal(store.state.camera, "off");
  assert.equal(store.state.failure.code, "camera_refused");
  assert.equal(Sockets.made.length, 0);
  picture.problem = null;
  await live.retry();
  assert.equal(store.state.failure, null);
  assert.equal(store.state.camera, "on");
  assert.equal(Sockets.made.length, 1);
});

test("an error that nobody foresaw is told too", async () => {
  const { live, store, picture } = setUp();
  picture.problem = new RangeError("odd");
  await live.start();
  assert.deepEqual(store.state.failure, { code: "camera_failed", detail: "RangeError: odd" });
});

test("an error of the server is told, the camera stays, and Retry connects again", async () => {
  const { live, store, picture, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.says({ error: "pipeline_failure", detail: "YOLO inference failed" });
  Sockets.last.ends(4500);
  assert.deepEqual(store.state.failure, { code: "pipeline_failure", detail: "YOLO inference failed" });
  assert.equal(store.state.connection.name, "disconnected");
  assert.equal(picture.isOn, true);
  await live.retry();
  assert.equal(store.state.failure, null);
  assert.equal(Sockets.made.length, 2);
  assert.equal(picture.starts.length, 1);
});

test("another pipeline means another session, and the camera stays on", async () => {
  const { live, store, picture, Sockets, streaming, answered } = setUp();
  await streaming();
  answered();
  live.choose("second");
  assert.equal(Sockets.made[0].closedWith, 1000);
  assert.equal(Sockets.last.url, "second");
  assert.equal(store.state.frame, null);
  assert.deepEqual([picture.isOn, picture.starts.length], [true, 1]);
});

test("another pipeline clears the failure of the last one", async () => {
  const { live, store, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.ends(4404);
  live.choose("second");
  assert.equal(store.state.failure, null);
  assert.equal(store.state.connection.name, "connecting");
});

test("choosing while nothing is on connects nothing", () => {
  const { live, store, Sockets } = setUp();
  live.choose("second");
  assert.equal(store.state.pipelineId, "second");
  assert.equal(Sockets.made.length, 0);
});

test("a lost session takes its boxes along and begins to count anew", async () => {
  const { store, Sockets, pacing, clock, streaming, answered, sends } = setUp();
  await streaming();
  answered();
  sends();
  Sockets.last.ends(1006);
  assert.equal(store.state.frame, null);
  assert.equal(pacing.unanswered, 0);
  clock.advance(1000);
  Sockets.last.opens();
  assert.equal(sends(), 1);
  assert.equal(store.state.isWarming, true);
});
