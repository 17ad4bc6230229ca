import assert from "node:assert/strict";
import { test } from "node:test";

import { constraintsFor, openCamera } from "../../../../static/js/live/capture/camera.js";
import { SourceError } from "../../../../static/js/live/capture/stream-source.js";
import { fakeStream, fakeTrack, named } from "../../fakesources.js";

/** Browsers whose `getUserMedia` gives each of these in turn; what was asked for is in `asked`. */
function browserWith(...answers) {
  const asked = [];
  const getUserMedia = async (constraints) => {
    asked.push(constraints);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, browser: { mediaDevices: { getUserMedia }, isSecure: true } };
}

test("a camera tells who it is and lets go of its light", async () => {
  const stream = fakeStream(fakeTrack({ label: "Back", deviceId: "b", facingMode: "environment" }));
  const source = await openCamera(browserWith(stream).browser, { kind: "camera" });
  const { kind, name, deviceId, facing, isPaused, isOver } = source;
  assert.deepEqual({ kind, name, deviceId, facing, isPaused, isOver }, {
    kind: "camera", name: "Back", deviceId: "b", facing: "environment", isPaused: false, isOver: false,
  });
  stream.track.muted = true;
  assert.equal(source.isPaused, true);
  source.release();
  assert.equal(stream.track.readyState, "ended");
  assert.equal(source.isOver, true);
});

test("a camera that does not say which way it looks has no side", async () => {
  const stream = fakeStream(fakeTrack({ facingMode: "left" }));
  assert.equal((await openCamera(browserWith(stream).browser, { kind: "camera" })).facing, "");
});

test("its end is told, but not once it was released", async () => {
  const stream = fakeStream();
  const source = await openCamera(browserWith(stream).browser, { kind: "camera" });
  let ended = 0;
  source.onended = () => { ended += 1; };
  stream.track.ends();
  assert.equal(ended, 1);
  source.release();
  assert.equal(stream.track.onended, null);
});

test("a picture larger than what is sent is asked for, and the back of a phone unless chosen otherwise", () => {
  const { video, audio } = constraintsFor({ kind: "camera" });
  assert.equal(audio, false);
  assert.deepEqual([video.width, video.height, video.facingMode], [
    { ideal: 1280 }, { ideal: 960 }, { ideal: "environment" },
  ]);
  assert.deepEqual(constraintsFor({ kind: "camera", facing: "user" }).video.facingMode, { ideal: "user" });
  const chosen = constraintsFor({ kind: "camera", deviceId: "x", facing: "user" }).video;
  assert.deepEqual(chosen.deviceId, { exact: "x" });
  assert.equal(chosen.facingMode, undefined);
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
    const { browser, asked } = browserWith(named(name));
    const isRight = (error) => error instanceof SourceError && error.code === code;
    await assert.rejects(openCamera(browser, { kind: "camera" }), isRight);
    assert.equal(asked.length, 1);
  });
}

test("words of the browser are kept only where there are none of ours", async () => {
  const words = async (name) => {
    const { browser } = browserWith(named(name));
    return openCamera(browser, { kind: "camera" }).catch((error) => error.detail);
  };
  assert.equal(await words("SomethingNewError"), "Words of the browser");
  assert.equal(await words("NotReadableError"), "");
});

for (const name of ["OverconstrainedError", "NotFoundError"]) {
  test(`a chosen camera that is gone (${name}) gives way to any other`, async () => {
    const stream = fakeStream(fakeTrack({ deviceId: "other" }));
    const { browser, asked } = browserWith(named(name), stream);
    const source = await openCamera(browser, { kind: "camera", deviceId: "gone", facing: "user" });
    assert.equal(source.deviceId, "other");
    assert.deepEqual(asked[1].video.facingMode, { ideal: "user" });
  });
}

test("where there is no other either, or the chosen one is busy, that is what is told", async () => {
  const none = browserWith(named("OverconstrainedError"), named("NotFoundError"));
  await assert.rejects(openCamera(none.browser, { kind: "camera", deviceId: "gone" }), { code: "camera_missing" });
  const busy = browserWith(named("NotReadableError"));
  await assert.rejects(openCamera(busy.browser, { kind: "camera", deviceId: "x" }), { code: "camera_busy" });
});

test("a page that is not secure and a browser without cameras are told apart", async () => {
  const open = (isSecure) => openCamera({ mediaDevices: undefined, isSecure }, { kind: "camera" });
  await assert.rejects(open(false), { code: "insecure_page" });
  await assert.rejects(open(true), { code: "camera_unsupported" });
});
