import assert from "node:assert/strict";
import { test } from "node:test";

import { DELAYS_MS } from "../../static/js/backoff.js";
import { CameraError } from "../../static/js/camera.js";
import { FRESH_MS, LOST_MS, Live, WAITING_MS } from "../../static/js/live.js";
import { Pacing } from "../../static/js/pacing.js";
import { StreamSocket } from "../../static/js/socket.js";
import { initialState } from "../../static/js/state.js";
import { Store } from "../../static/js/store.js";
import { FakeClock, fakeWebSocketClass } from "./fakes.js";

const DETECTION = { x: 0.1, y: 0.1, w: 0.2, h: 0.2, label: "text", score: 0.9 };
const result = (frame_index) => ({ frame_index, result: { detections: [DETECTION] }, timings_ms: {} });

/** The whole stream, with a real socket client, pacing and store; only browser and server are played. */
function setUp() {
  const clock = new FakeClock();
  const Sockets = fakeWebSocketClass();
  const store = new Store(initialState("first"));
  const pacing = new Pacing(clock.now);
  const camera = {
    isOn: false,
    starts: 0,
    problem: null,
    async start() {
      this.starts += 1;
      if (this.problem) throw this.problem;
      this.isOn = true;
      return true;
    },
    stop() {
      this.isOn = false;
    },
  };
  const pump = { isRunning: false, start: () => { pump.isRunning = true; }, stop: () => { pump.isRunning = false; } };
  const socket = new StreamSocket({
    url: () => store.state.pipelineId,
    WebSocket: Sockets,
    clock,
    random: () => 0.5,
    events: {
      connectionChanged: (connection) => live.connectionChanged(connection),
      messageReceived: (message) => live.messageReceived(message),
      failed: (failure) => live.failed(failure),
    },
  });
  const live = new Live({ store, camera, socket, pump, pacing, clock });
  const streaming = async () => {
    await live.start();
    Sockets.last.opens();
  };
  return { clock, Sockets, store, pacing, camera, pump, live, streaming };
}

test("start switches the camera on, connects and streams", async () => {
  const { live, store, Sockets, pump } = setUp();
  const starting = live.start();
  assert.equal(store.state.camera, "starting");
  await starting;
  assert.equal(store.state.camera, "on");
  assert.equal(store.state.connection.name, "connecting");
  assert.equal(Sockets.last.url, "first");
  assert.equal(pump.isRunning, true);
  await live.start();
  assert.equal(Sockets.made.length, 1);
});

test("stop ends the camera, the session and the pictures, and leaves nothing on the screen", async () => {
  const { live, store, Sockets, camera, pump, streaming } = setUp();
  await streaming();
  Sockets.last.says(result(1));
  live.stop();
  assert.equal(camera.isOn, false);
  assert.equal(pump.isRunning, false);
  assert.equal(Sockets.last.closedWith, 1000);
  assert.deepEqual(store.state, initialState("first"));
});

test("an answer is shown with its age and vanishes when none follows", async () => {
  const { store, Sockets, pacing, clock, streaming } = setUp();
  await streaming();
  assert.equal(store.state.isWarming, true);
  pacing.sent(clock.now());
  clock.advance(40);
  Sockets.last.says(result(1));
  assert.equal(store.state.isWarming, false);
  assert.deepEqual(store.state.frame, { frameIndex: 1, detections: [DETECTION] });
  assert.equal(store.state.delayMs, 40);
  clock.advance(FRESH_MS - 1);
  assert.notEqual(store.state.frame, null);
  clock.advance(1);
  assert.deepEqual([store.state.frame, store.state.delayMs, store.state.fps], [null, null, null]);
});

test("each answer renews what is shown; the rate is told", async () => {
  const { store, Sockets, clock, streaming } = setUp();
  await streaming();
  for (let frame = 1; frame <= 20; frame += 1) {
    Sockets.last.says(result(frame));
    clock.advance(100);
  }
  assert.equal(store.state.frame.frameIndex, 20);
  assert.ok(Math.abs(store.state.fps - 10) < 0.01);
});

test("a dropped frame changes nothing on the screen", async () => {
  const { store, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.says(result(1));
  const before = store.state;
  Sockets.last.says({ frame_index: 2, dropped: true });
  assert.equal(store.state, before);
});

test("slow_down reaches the pacing", async () => {
  const { Sockets, pacing, streaming } = setUp();
  await streaming();
  Sockets.last.says(result(1));
  Sockets.last.says({ warning: "slow_down", suggested_fps: 7 });
  assert.equal(pacing.fps, 7);
});

test("a camera that cannot be had is told, and Retry asks again", async () => {
  const { live, store, camera, Sockets } = setUp();
  camera.problem = new CameraError("camera_refused");
  await live.start();
  assert.equal(store.state.camera, "off");
  assert.equal(store.state.failure.code, "camera_refused");
  assert.equal(Sockets.made.length, 0);
  camera.problem = null;
  await live.retry();
  assert.equal(store.state.failure, null);
  assert.equal(store.state.camera, "on");
  assert.equal(Sockets.made.length, 1);
});

test("an error that nobody foresaw is told too", async () => {
  const { live, store, camera } = setUp();
  camera.problem = new RangeError("odd");
  await live.start();
  assert.deepEqual(store.state.failure, { code: "camera_failed", detail: "RangeError: odd" });
});

test("an error of the server is told, the camera stays, and Retry connects again", async () => {
  const { live, store, camera, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.says({ error: "pipeline_failure", detail: "YOLO inference failed" });
  Sockets.last.ends(4500);
  assert.deepEqual(store.state.failure, { code: "pipeline_failure", detail: "YOLO inference failed" });
  assert.equal(store.state.connection.name, "disconnected");
  assert.equal(camera.isOn, true);
  await live.retry();
  assert.equal(store.state.failure, null);
  assert.equal(Sockets.made.length, 2);
  assert.equal(camera.starts, 1);
});

test("another pipeline means another session, and the camera stays on", async () => {
  const { live, store, camera, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.says(result(1));
  live.choose("second");
  assert.equal(Sockets.made[0].closedWith, 1000);
  assert.equal(Sockets.last.url, "second");
  assert.equal(store.state.frame, null);
  assert.deepEqual([camera.isOn, camera.starts], [true, 1]);
});

test("another pipeline clears the failure of the last one", async () => {
  const { live, store, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.ends(4404);
  live.choose("second");
  assert.equal(store.state.failure, null);
  assert.equal(store.state.connection.name, "connecting");
});

test("choosing while the camera is off connects nothing", () => {
  const { live, store, Sockets } = setUp();
  live.choose("second");
  assert.equal(store.state.pipelineId, "second");
  assert.equal(Sockets.made.length, 0);
});

test("a lost session takes its boxes along and begins to count anew", async () => {
  const { store, Sockets, pacing, clock, streaming } = setUp();
  await streaming();
  pacing.sent(0);
  Sockets.last.says(result(1));
  pacing.sent(0);
  Sockets.last.ends(1006);
  assert.equal(store.state.frame, null);
  assert.equal(pacing.unanswered, 0);
  clock.advance(1000);
  Sockets.last.opens();
  assert.equal(pacing.sent(clock.now()), 1);
  assert.equal(store.state.isWarming, true);
});

test("a silent server is told of first and given up in the end", async () => {
  const { live, store, Sockets, pacing, clock, streaming } = setUp();
  await streaming();
  pacing.sent(clock.now());
  Sockets.last.says(result(1));
  pacing.sent(clock.now());
  clock.advance(WAITING_MS + 1);
  live.watch();
  assert.equal(store.state.isWaiting, true);
  assert.equal(store.state.connection.name, "connected");
  clock.advance(LOST_MS);
  live.watch();
  assert.equal(store.state.connection.name, "reconnecting");
  assert.equal(store.state.isWaiting, false);
});

test("an unplugged camera ends the stream and is told", async () => {
  const { live, store, Sockets, streaming } = setUp();
  await streaming();
  live.cameraEnded();
  assert.equal(store.state.failure.code, "camera_lost");
  assert.equal(store.state.camera, "off");
  assert.equal(Sockets.last.closedWith, 1000);
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
