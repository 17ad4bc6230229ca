import assert from "node:assert/strict";
import { test } from "node:test";

import { openFile } from "../../../../static/js/live/capture/file-source.js";
import { Picture, SHOW_TIMEOUT_MS } from "../../../../static/js/live/capture/picture.js";
import { SourceError, StreamSource } from "../../../../static/js/live/capture/stream-source.js";
import { FakeClock, settled } from "../../fakes.js";
import { FakeVideo, fakeStream, named } from "../../fakesources.js";

const CAMERA = { kind: "camera" };
const SCREEN = { kind: "screen" };
const FILE = { kind: "file", file: { name: "street.mp4" } };

/** Opens with a function of each kind that a test may replace; every stream made is in `streams`. */
function setUp() {
  const clock = new FakeClock();
  const video = new FakeVideo();
  const streams = [];
  const urls = { createObjectURL: ({ name }) => `blob:${name}`, revokeObjectURL: () => {} };
  const stream = (kind) => async () => {
    streams.push(fakeStream());
    return new StreamSource(kind, streams.at(-1));
  };
  const opens = { camera: stream("camera"), screen: stream("screen"), file: async (choice) => openFile(choice, urls) };
  const ended = [];
  const picture = new Picture({
    video, clock, open: (choice) => opens[choice.kind](choice), ended: (kind) => ended.push(kind),
  });
  return { clock, video, streams, opens, ended, picture };
}

/** A promise that the test settles. */
function promised() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

test("shows a source and lets it go", async () => {
  const { picture, video, streams } = setUp();
  assert.equal(await picture.start(CAMERA), true);
  assert.equal(picture.isOn, true);
  assert.equal(picture.source.kind, "camera");
  assert.equal(video.srcObject, streams[0]);
  assert.equal(video.paused, false);
  picture.stop();
  assert.equal(picture.isOn, false);
  assert.equal(video.srcObject, null);
  assert.equal(streams[0].track.readyState, "ended");
});

test("a source whose device holds its pictures back says so", async () => {
  const { picture, streams } = setUp();
  assert.equal(picture.isPaused, false);
  await picture.start(CAMERA);
  streams[0].track.muted = true;
  assert.equal(picture.isPaused, true);
});

test("another source takes the place of the first, which is let go after that", async () => {
  const { picture, video, streams, ended } = setUp();
  await picture.start(CAMERA);
  await picture.start(FILE);
  assert.equal(streams[0].track.readyState, "ended");
  assert.deepEqual([video.srcObject, video.getAttribute("src")], [null, "blob:street.mp4"]);
  await picture.start(SCREEN);
  assert.deepEqual([video.srcObject, video.getAttribute("src")], [streams[1], null]);
  assert.deepEqual(ended, []);
});

test("what was shown stays where the person changes their mind, and where the new source fails", async () => {
  const { picture, video, streams, opens } = setUp();
  await picture.start(CAMERA);
  opens.screen = async () => null;
  assert.equal(await picture.start(SCREEN), false);
  opens.screen = async () => { throw new SourceError("screen_failed"); };
  await assert.rejects(picture.start(SCREEN), { code: "screen_failed" });
  video.onplay = async ({ srcObject }) => { if (!srcObject) throw named("NotSupportedError"); };
  await assert.rejects(picture.start(FILE), { code: "file_unplayable" });
  assert.equal(picture.source.kind, "camera");
  assert.equal(video.srcObject, streams[0]);
  assert.equal(streams[0].track.readyState, "live");
});

test("what was kept is still heard when it ends", async () => {
  const { picture, streams, opens, ended } = setUp();
  await picture.start(CAMERA);
  opens.screen = async () => null;
  await picture.start(SCREEN);
  streams[0].track.ends();
  assert.deepEqual(ended, ["camera"]);
});

test("one that ended while another was asked for is not kept", async () => {
  const { picture, streams, opens, ended } = setUp();
  await picture.start(CAMERA);
  opens.camera = async () => {
    streams[0].track.ends();
    throw new SourceError("camera_failed");
  };
  await assert.rejects(picture.start(CAMERA), { code: "camera_failed" });
  assert.equal(picture.isOn, false);
  assert.deepEqual(ended, []);
});

test("where a phone opens one camera at a time the old one is let go first", async () => {
  const { picture, streams, opens } = setUp();
  const open = opens.camera;
  await picture.start(CAMERA);
  opens.camera = async (choice) => {
    if (streams.some(({ track }) => track.readyState === "live")) throw new SourceError("camera_busy");
    return open(choice);
  };
  assert.equal(await picture.start({ ...CAMERA, facing: "user" }), true);
  assert.deepEqual(streams.map(({ track }) => track.readyState), ["ended", "live"]);
  opens.camera = async () => { throw new SourceError("camera_busy"); };
  await assert.rejects(picture.start(CAMERA), { code: "camera_busy" });
  assert.equal(picture.isOn, false);
});

for (const [what, finish] of [
  ["a permission", ({ resolve }, stream) => resolve(new StreamSource("camera", stream))],
  ["a refusal", ({ reject }) => reject(new SourceError("camera_refused"))],
]) {
  test(`${what} that comes after Stop switches nothing on and is nobody's business`, async () => {
    const { picture, video, opens } = setUp();
    const [asked, stream] = [promised(), fakeStream()];
    opens.camera = () => asked.promise;
    const starting = picture.start(CAMERA);
    picture.stop();
    finish(asked, stream);
    assert.equal(await starting, false);
    assert.deepEqual([picture.isOn, video.srcObject], [false, null]);
    assert.equal(stream.track.readyState, what === "a permission" ? "ended" : "live");
  });
}

test("Stop while the picture begins to play is no failure, and nothing is left on", async () => {
  const { picture, video, streams } = setUp();
  await picture.start(CAMERA);
  const playing = promised();
  video.onplay = () => playing.promise;
  const switching = picture.start(SCREEN);
  await settled();
  picture.stop();
  playing.reject(named("AbortError"));
  assert.equal(await switching, false);
  assert.deepEqual(streams.map(({ track }) => track.readyState), ["ended", "ended"]);
  assert.equal(picture.isOn, false);
});

test("the last of several choices wins, and only its source stays on", async () => {
  const { picture, streams, opens, video } = setUp();
  await picture.start(CAMERA);
  const asked = promised();
  opens.screen = () => asked.promise;
  const first = picture.start(SCREEN);
  const second = picture.start(CAMERA);
  const late = fakeStream();
  assert.equal(await second, true);
  asked.resolve(new StreamSource("screen", late));
  assert.equal(await first, false);
  assert.equal(late.track.readyState, "ended");
  assert.deepEqual(streams.map(({ track }) => track.readyState), ["ended", "live"]);
  assert.equal(video.srcObject, streams[1]);
});

test("a choice made while another begins to play leaves only the last one on", async () => {
  const { picture, streams, video } = setUp();
  await picture.start(CAMERA);
  const playing = promised();
  video.onplay = async ({ srcObject }) => (srcObject === streams[1] ? playing.promise : undefined);
  const first = picture.start(SCREEN);
  await settled();
  const second = picture.start(CAMERA);
  await settled();
  playing.reject(named("AbortError"));
  assert.deepEqual([await first, await second], [false, true]);
  assert.deepEqual(streams.map(({ track }) => track.readyState), ["ended", "ended", "live"]);
});

test("a camera that shows nothing for too long is told of and let go", async () => {
  const { picture, streams, video, clock } = setUp();
  video.onplay = () => new Promise(() => {});
  const starting = picture.start(CAMERA);
  await settled();
  clock.advance(SHOW_TIMEOUT_MS);
  await assert.rejects(starting, { code: "camera_silent" });
  assert.equal(streams[0].track.readyState, "ended");
  assert.equal(picture.isOn, false);
});

test("a file without a picture cannot be played, and no clock is left running", async () => {
  const { picture, video, clock } = setUp();
  video.videoWidth = 0;
  await assert.rejects(picture.start(FILE), { code: "file_unplayable" });
  assert.equal(picture.isOn, false);
  assert.equal(clock.waiting, 0);
});

test("a source that goes away by itself is told of once; one that was stopped is not", async () => {
  const { picture, streams, ended } = setUp();
  await picture.start(SCREEN);
  streams[0].track.ends();
  streams[0].track.ends();
  assert.deepEqual([ended, picture.isOn], [["screen"], false]);
  await picture.start(CAMERA);
  picture.stop();
  streams[1].track.ends();
  assert.deepEqual(ended, ["screen"]);
});

test("a video that the browser paused goes on, and one that cannot does no harm", async () => {
  const { picture, video } = setUp();
  await picture.keepPlaying();
  assert.equal(video.paused, true);
  await picture.start(CAMERA);
  video.paused = true;
  await picture.keepPlaying();
  assert.equal(video.paused, false);
  video.paused = true;
  video.onplay = async () => { throw named("AbortError"); };
  await picture.keepPlaying();
  assert.equal(video.paused, true);
});
