import assert from "node:assert/strict";
import { test } from "node:test";

import { Camera, CameraError } from "../../static/js/camera.js";
import { settled } from "./fakes.js";

function fakeStream() {
  const track = { stopped: false, onended: null, stop: () => { track.stopped = true; } };
  return { track, getTracks: () => [track], getVideoTracks: () => [track] };
}

function setUp({ getUserMedia, play = async () => {}, isSecure = true } = {}) {
  const video = { srcObject: null, play };
  const seen = { ended: 0 };
  const mediaDevices = getUserMedia && { getUserMedia };
  const camera = new Camera({ video, mediaDevices, isSecure, ended: () => { seen.ended += 1; } });
  return { camera, video, seen };
}

const named = (name) => Object.assign(new Error("Words of the browser"), { name });

test("shows the camera, and lets it go", async () => {
  const stream = fakeStream();
  const { camera, video } = setUp({ getUserMedia: async () => stream });
  assert.equal(await camera.start(), true);
  assert.equal(camera.isOn, true);
  assert.equal(video.srcObject, stream);
  camera.stop();
  assert.equal(camera.isOn, false);
  assert.equal(video.srcObject, null);
  assert.equal(stream.track.stopped, true);
});

for (const [name, code] of [
  ["NotAllowedError", "camera_refused"],
  ["SecurityError", "camera_refused"],
  ["NotFoundError", "camera_missing"],
  ["OverconstrainedError", "camera_missing"],
  ["NotReadableError", "camera_busy"],
  ["AbortError", "camera_busy"],
  ["SomethingNewError", "camera_failed"],
]) {
  test(`${name} is ${code}`, async () => {
    const { camera } = setUp({ getUserMedia: async () => { throw named(name); } });
    await assert.rejects(camera.start(), (error) => error instanceof CameraError && error.code === code);
    assert.equal(camera.isOn, false);
  });
}

test("a page that is not secure and a browser without cameras are told apart", async () => {
  await assert.rejects(setUp({ isSecure: false }).camera.start(), { code: "insecure_page" });
  await assert.rejects(setUp().camera.start(), { code: "camera_unsupported" });
});

test("a permission that comes after Stop switches nothing on", async () => {
  const stream = fakeStream();
  let allow = () => {};
  const { camera, video } = setUp({ getUserMedia: () => new Promise((resolve) => { allow = () => resolve(stream); }) });
  const starting = camera.start();
  camera.stop();
  allow();
  assert.equal(await starting, false);
  assert.equal(stream.track.stopped, true);
  assert.equal(video.srcObject, null);
});

test("a refusal that comes after Stop is nobody's business", async () => {
  let refuse = () => {};
  const waits = () => new Promise((_, reject) => { refuse = () => reject(named("NotAllowedError")); });
  const { camera } = setUp({ getUserMedia: waits });
  const starting = camera.start();
  camera.stop();
  refuse();
  assert.equal(await starting, false);
});

test("a picture that does not play is a failure, and the camera is let go", async () => {
  const stream = fakeStream();
  const { camera } = setUp({ getUserMedia: async () => stream, play: async () => { throw named("NotSupportedError"); } });
  await assert.rejects(camera.start(), { code: "camera_failed" });
  assert.equal(stream.track.stopped, true);
  assert.equal(camera.isOn, false);
});

test("Stop while the picture begins to play is no failure", async () => {
  let interrupt = () => {};
  const play = () => new Promise((_, reject) => { interrupt = () => reject(named("AbortError")); });
  const { camera } = setUp({ getUserMedia: async () => fakeStream(), play });
  const starting = camera.start();
  await settled();
  camera.stop();
  interrupt();
  assert.equal(await starting, false);
});

test("a camera that goes away by itself is told of once; one that was stopped is not", async () => {
  const stream = fakeStream();
  const { camera, seen } = setUp({ getUserMedia: async () => stream });
  await camera.start();
  const { onended } = stream.track;
  onended();
  onended();
  assert.equal(seen.ended, 1);
  assert.equal(camera.isOn, false);
  await camera.start();
  camera.stop();
  assert.equal(stream.track.onended, null);
});
