import assert from "node:assert/strict";
import { test } from "node:test";

import { TOLD_MS } from "../../../static/js/live/capture/opener.js";
import { SourceError } from "../../../static/js/live/capture/stream-source.js";
import { initialState } from "../../../static/js/live/state.js";
import { settled } from "../fakes.js";
import { result, setUp } from "../stream.js";

test("a source chosen while nothing is on is what the next start opens", async () => {
  const { live, store, picture, Sockets } = setUp();
  const file = { name: "street.mp4" };
  await live.useSource("file", { file });
  assert.deepEqual([store.state.source, store.state.camera, picture.starts], ["file", "off", []]);
  assert.equal(Sockets.made.length, 0);
  await live.start();
  assert.deepEqual(picture.starts, [{ kind: "file", file }]);
  live.stop();
  assert.equal(store.state.source, "file");
});

test("another source goes on in the same session, without the boxes of the one before", async () => {
  const { live, store, Sockets, pump, pacing, streaming, answered, sends } = setUp();
  await streaming();
  answered();
  sends();
  const switching = live.useSource("screen");
  assert.deepEqual([store.state.isSwitching, store.state.camera, store.state.source], [true, "on", "screen"]);
  await switching;
  assert.deepEqual([store.state.isSwitching, store.state.sourceName], [false, "My screen"]);
  assert.equal(store.state.frame, null);
  Sockets.last.says(result(2));
  assert.equal(store.state.frame, null, "an answer to the source before is shown on this one");
  assert.equal(pacing.unanswered, 0);
  answered();
  assert.equal(store.state.frame.frameIndex, 3);
  assert.equal(Sockets.made.length, 1);
  assert.equal(Sockets.last.closedWith, null);
  assert.equal(pump.starts, 2);
});

test("a source that could not be switched to is told of for a while; Retry tries it again", async () => {
  const { live, store, picture, clock, streaming, Sockets } = setUp();
  await streaming();
  picture.problem = new SourceError("screen_failed");
  await live.useSource("screen");
  assert.deepEqual([store.state.camera, store.state.source], ["on", "camera"]);
  assert.equal(store.state.failure.code, "screen_failed");
  await live.retry();
  assert.deepEqual(picture.starts.map(({ kind }) => kind), ["camera", "screen", "screen"]);
  clock.advance(TOLD_MS);
  assert.equal(store.state.failure, null);
  live.stop();
  picture.problem = null;
  await live.start();
  assert.equal(picture.starts.at(-1).kind, "camera");
  assert.equal(Sockets.made.length, 2);
});

test("one that took the present source along ends the stream", async () => {
  const { live, store, picture, Sockets, pump, streaming } = setUp();
  await streaming();
  picture.problem = new SourceError("camera_busy");
  const { start } = picture;
  picture.start = function (choice) {
    this.source = null;
    return start.call(this, choice);
  };
  await live.useSource("camera", { deviceId: "b" });
  assert.equal(store.state.failure.code, "camera_busy");
  assert.deepEqual([store.state.camera, store.state.isSwitching, pump.isRunning], ["off", false, false]);
  assert.equal(Sockets.last.closedWith, 1000);
});

test("a person who changes their mind sees what was there before, failure and all", async () => {
  const { live, store, picture, Sockets, streaming } = setUp();
  await streaming();
  Sockets.last.ends(4404);
  picture.isCancelled = true;
  await live.useSource("screen");
  assert.deepEqual([store.state.camera, store.state.source], ["on", "camera"]);
  assert.equal(store.state.failure.code, "invalid_pipeline");
});

test("a person who changes their mind at the start is back where they were, without a word", async () => {
  const { live, store, picture, Sockets } = setUp();
  picture.isCancelled = true;
  await live.useSource("screen");
  await live.start();
  assert.deepEqual([store.state.camera, store.state.failure, store.state.source], ["off", null, "screen"]);
  assert.equal(Sockets.made.length, 0);
});

test("the last of several choices counts", async () => {
  const { live, store, picture, Sockets } = setUp();
  const answers = [];
  picture.start = (choice) => new Promise((resolve) => answers.push((isOpen) => {
    if (isOpen) picture.source = { kind: choice.kind, name: "", deviceId: "", facing: "" };
    resolve(isOpen);
  }));
  void live.start();
  void live.useSource("screen");
  answers[0](false);
  await settled();
  assert.equal(store.state.camera, "starting");
  answers[1](true);
  await settled();
  assert.deepEqual([store.state.camera, store.state.source], ["on", "screen"]);
  assert.equal(Sockets.made.length, 1);
});

test("a source that is there only after Stop changes nothing", async () => {
  const { live, store, picture, Sockets } = setUp();
  let open = () => {};
  picture.start = () => new Promise((resolve) => { open = resolve; });
  const starting = live.start();
  live.stop();
  open(false);
  await starting;
  assert.deepEqual(store.state, initialState("first"));
  assert.equal(Sockets.made.length, 0);
});

test("a stream that had failed connects again with its new source", async () => {
  const { live, Sockets, streaming, store } = setUp();
  await streaming();
  Sockets.last.ends(4408);
  await live.useSource("file", { file: {} });
  assert.equal(Sockets.made.length, 2);
  assert.equal(store.state.failure, null);
});

test("flip asks for the camera on the other side", async () => {
  const { live, picture, store } = setUp();
  await live.useSource("camera", { facing: "environment" });
  await live.start();
  await live.flip();
  assert.equal(store.state.facing, "user");
  await live.flip();
  assert.deepEqual(picture.starts.map(({ facing }) => facing), ["environment", "user", "environment"]);
});

test("where cameras do not say which way they look, flip takes the next one", async () => {
  const { live, picture } = setUp();
  live.devicesChanged([{ id: "a", label: "A" }, { id: "b", label: "B" }]);
  await live.useSource("camera", { deviceId: "b" });
  await live.start();
  await live.flip();
  await live.flip();
  assert.deepEqual(picture.starts.map(({ deviceId }) => deviceId), ["b", "a", "b"]);
});

for (const [kind, code] of [["camera", "camera_lost"], ["file", "file_lost"], ["screen", undefined]]) {
  test(`a ${kind} that ends by itself ends the stream: ${code ?? "without a word"}`, async () => {
    const { live, store, Sockets, streaming } = setUp();
    await live.useSource(kind, { file: {} });
    await streaming();
    live.sourceEnded(kind);
    assert.equal(store.state.failure?.code, code);
    assert.equal(store.state.camera, "off");
    assert.equal(Sockets.last.closedWith, 1000);
  });
}
