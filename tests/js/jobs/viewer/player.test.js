import assert from "node:assert/strict";
import { test } from "node:test";

import { Player } from "../../../../static/js/jobs/viewer/player.js";
import { settled } from "../../fakes.js";

class FakeVideo extends EventTarget {
  paused = true;
  ended = false;
  duration = 10;
  currentTime = 0;
  error = null;
  networkState = 1;
  readyState = 4;
  videoWidth = 320;
  waiting = [];

  requestVideoFrameCallback(callback) {
    this.waiting.push(callback);
  }

  shows(mediaTime) {
    for (const callback of this.waiting.splice(0)) callback(0, { mediaTime });
  }

  async play() {
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

function playing(video, requestFrame = () => {}) {
  const seen = { shown: [], changed: 0, unplayable: 0 };
  const player = new Player({
    video,
    requestFrame,
    events: {
      shown: (timeS) => seen.shown.push(timeS),
      changed: () => {
        seen.changed += 1;
      },
      unplayable: () => {
        seen.unplayable += 1;
      },
    },
  });
  const stop = new AbortController();
  player.start(stop.signal);
  return { player, seen, stop };
}

test("the player tells of every frame by its own time, until it is stopped", () => {
  const video = new FakeVideo();
  const { player, seen, stop } = playing(video);
  player.start(stop.signal);
  for (const time of [0, 0.04, 0.12]) video.shows(time);
  assert.deepEqual(seen.shown, [0, 0.04, 0.12]);
  assert.equal(player.timeS, 0.12);
  stop.abort();
  video.shows(0.16);
  assert.equal(seen.shown.length, 3);
});

test("a browser that does not tell of frames is asked for the time", () => {
  const frames = [];
  const video = Object.assign(new EventTarget(), { currentTime: 0, readyState: 1, paused: true, ended: false, duration: NaN });
  const { player, seen, stop } = playing(video, (callback) => frames.push(callback));
  const next = () => frames.shift()?.();
  video.currentTime = 1;
  next();
  video.readyState = 4;
  next();
  next();
  assert.deepEqual(seen.shown, [1]);
  assert.equal(player.durationS, 0);
  stop.abort();
  next();
  assert.equal(frames.length, 0);
});

test("play, pause and seek", async () => {
  const video = new FakeVideo();
  const { player, seen } = playing(video);
  player.toggle();
  assert.equal(player.isPlaying, true);
  player.toggle();
  assert.equal(player.isPlaying, false);
  player.seek(2);
  assert.ok(video.currentTime > 2 && video.currentTime < 2.01, "just into the frame");
  player.seek(-5);
  assert.ok(video.currentTime < 0.01);
  player.seek(99);
  assert.equal(video.currentTime, 10);
  video.play = () => Promise.reject(new Error("not allowed"));
  const before = seen.changed;
  player.toggle();
  await settled();
  assert.equal(seen.changed, before + 1);
});

test("a recording that does not know its length is as long as the analysis found", () => {
  const video = Object.assign(new FakeVideo(), { duration: Infinity });
  const { player, seen } = playing(video);
  assert.equal(player.durationS, 0);
  player.know(3);
  player.know(3);
  assert.deepEqual([player.durationS, seen.changed], [3, 1]);
  player.seek(99);
  assert.equal(video.currentTime, 3);
  video.duration = 0.3;
  assert.equal(player.durationS, 3, "nor one that says too little");
});

test("a video that cannot be played is told of, also when that was before anybody listened", () => {
  const video = Object.assign(new FakeVideo(), { error: { code: 4 }, networkState: 3, readyState: 0, videoWidth: 0 });
  const { player, seen } = playing(video);
  assert.equal(seen.unplayable, 1);
  assert.equal(player.isUnplayable, true);
  player.seek(2);
  assert.deepEqual(seen.shown, [2.001], "what was found can be looked at all the same");
  assert.equal(video.currentTime, 0);
  Object.assign(video, { error: null, networkState: 1, readyState: 4, videoWidth: 320 });
  video.dispatchEvent(new Event("loadedmetadata"));
  assert.deepEqual([seen.unplayable, player.isUnplayable], [2, false]);
});

test("where only the sound plays, the time is that of the sound", () => {
  const frames = [];
  const video = Object.assign(new FakeVideo(), { readyState: 0, videoWidth: 0 });
  const { player, seen } = playing(video, (callback) => frames.push(callback));
  assert.equal(player.isUnplayable, false, "nothing is known yet");
  video.readyState = 4;
  video.dispatchEvent(new Event("loadedmetadata"));
  assert.equal(player.isUnplayable, true);
  video.currentTime = 1.5;
  frames.shift()();
  assert.deepEqual(seen.shown, [1.5]);
  video.videoWidth = 320;
  frames.shift()();
  assert.equal(frames.length, 0, "a file with a picture has come in its place");
});
