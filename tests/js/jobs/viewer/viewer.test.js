import assert from "node:assert/strict";
import { test } from "node:test";

import { DensityStrip, barsOf } from "../../../../static/js/jobs/viewer/density-strip.js";
import { JobFeed, SUMMARY_EVERY_MS } from "../../../../static/js/jobs/viewer/job-feed.js";
import { StatePanel } from "../../../../static/js/jobs/viewer/state-panel.js";
import { Player } from "../../../../static/js/jobs/viewer/player.js";
import { UnplayableNote, offerOf } from "../../../../static/js/jobs/viewer/unplayable-note.js";
import { wordsOf as wordsOfSending } from "../../../../static/js/jobs/list/sending-list.js";
import { DownloadPanel, wordsOf } from "../../../../static/js/jobs/viewer/download-panel.js";
import { FakeClock, settled } from "../../fakes.js";

/** Stands in for an element whose words, fields and visibility are all that matters. */
function fakeElement() {
  return {
    hidden: false, textContent: "", dataset: {}, value: 0, ownerDocument: { activeElement: null }, attributes: new Set(["value"]),
    hasAttribute(name) { return this.attributes.has(name); },
    removeAttribute(name) { this.attributes.delete(name); },
    focus() { this.ownerDocument.activeElement = this; },
  };
}

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

const WATCHED = { annotatedStatus: "none", annotatedProgress: 0, annotatedError: "", status: "completed", framesDone: 9, sourceKind: "video" };

test("what is offered in place of a file that cannot be shown", () => {
  const offers = (changes) => {
    const { says, offers, action } = offerOf({ ...WATCHED, ...changes });
    return [says.replace("This browser cannot show this video.", "").trim(), offers, action];
  };
  assert.deepEqual(offers({}), ["", "Create the annotated video", "create"]);
  assert.deepEqual(offers({ annotatedStatus: "ready" }), ["", "Show the annotated video", "watch"]);
  assert.deepEqual(offers({ annotatedStatus: "running", annotatedProgress: 41.9 }), ["The annotated video is being created: 41%", "", ""]);
  assert.deepEqual(offers({ annotatedStatus: "pending" }), ["The annotated video is waiting to be created.", "", ""]);
  assert.deepEqual(offers({ annotatedStatus: "failed", annotatedError: "Full" })[2], "create");
  assert.deepEqual(offers({ status: "running" }), ["Once it is analysed, the annotated video can be shown.", "", ""]);
  assert.deepEqual(offers({ status: "failed", framesDone: 0 }), ["", "", ""]);
  assert.equal(offerOf({ ...WATCHED, sourceKind: "picture" }).offers, "Create the annotated picture");
  assert.equal(offerOf(null).offers, "");
});

test("whoever has it created sees it as soon as it is there", () => {
  const button = Object.assign(new EventTarget(), fakeElement());
  const [note, words] = [fakeElement(), fakeElement()];
  const called = [];
  const unplayable = new UnplayableNote({ note, words, button }, { create: () => called.push("create"), watch: () => called.push("watch") });
  unplayable.start(new AbortController().signal);
  unplayable.render(true, WATCHED);
  button.dispatchEvent(new Event("click"));
  unplayable.render(true, { ...WATCHED, annotatedStatus: "running" });
  assert.equal(button.hidden, true);
  unplayable.render(true, { ...WATCHED, annotatedStatus: "ready" });
  assert.deepEqual(called, ["create", "watch"]);
  unplayable.render(true, { ...WATCHED, annotatedStatus: "ready" });
  button.dispatchEvent(new Event("click"));
  assert.deepEqual(called, ["create", "watch", "watch"]);
  unplayable.render(false, WATCHED);
  assert.equal(note.hidden, true);
});

test("bars stand where their time is", () => {
  assert.deepEqual(barsOf([0, 2, 1], 2, 8).map(({ x, bar }) => [x, bar > 0]), [[0, false], [0.25, true], [0.5, true]]);
  assert.equal(barsOf([0, 2, 1], 2, 8)[1].bar, 1);
  assert.deepEqual(barsOf([], 1, 1), []);
  assert.equal(barsOf([1, 1], 0, 0)[1].x, 0.5, "of a video whose length nobody knows");
  const late = barsOf([1, 1, 1], 4, 10)[2];
  assert.ok(late.x + late.share <= 1);
});

test("the strip is drawn anew when something has changed", () => {
  const drawn = [];
  const context = { setTransform() {}, clearRect: () => drawn.push("clear"), fillRect() { drawn.push(this.fillStyle); } };
  const canvas = { width: 0, height: 0, getContext: () => context };
  const strip = new DensityStrip({ canvas, colours: () => ({ played: "blue", ahead: "grey" }) });
  strip.resize({ width: 100, height: 10 }, 2);
  assert.deepEqual([canvas.width, canvas.height], [200, 20]);
  const counts = [1, 1];
  strip.show(counts, 1, 2);
  strip.show(counts, 1, 2);
  drawn.length = 0;
  strip.play(0.5);
  assert.deepEqual(drawn, []);
  strip.play(1.2);
  assert.deepEqual(drawn, ["clear", "blue", "grey"]);
  new DensityStrip({ canvas: { getContext: () => null }, colours: () => ({}) }).show(counts, 1, 2);
});

function feeding(answers = []) {
  const clock = new FakeClock();
  const seen = { data: [], gone: 0, frames: [] };
  const feed = new JobFeed({
    jobId: "a",
    get: async () => {
      const answer = answers.shift();
      if (!answer) throw new Error("away");
      return answer;
    },
    clock,
    changed: (data) => seen.data.push(data),
    gone: () => {
      seen.gone += 1;
    },
    frameDone: (line) => seen.frames.push(line["frame_index"]),
  });
  const hear = (type, payload = {}, jobId = "a") => feed.hear({ type, jobId, payload: { job_id: jobId, ...payload } });
  return { clock, feed, seen, hear };
}

test("an answer that is older than the events is not shown", async () => {
  const { feed, seen, hear } = feeding([{ version: 2 }, { version: 9 }]);
  hear("snapshot", { job: { version: 5 } });
  await feed.refresh();
  assert.deepEqual(seen.data, [{ version: 5 }]);
  await feed.refresh();
  assert.equal(seen.data.at(-1).version, 9);
});

test("what was found is asked for when results came, but not too often", async () => {
  const { clock, seen, hear } = feeding([{ version: 2 }, { version: 3 }]);
  hear("snapshot", { job: { version: 1 } });
  for (let i = 0; i < 5; i += 1) hear("partial_result", { first_frame: i + 1, last_frame: i + 1 });
  clock.advance(0);
  await settled();
  assert.equal(seen.data.at(-1).version, 2);
  hear("partial_result", { first_frame: 9, last_frame: 9 });
  clock.advance(SUMMARY_EVERY_MS - 1);
  await settled();
  assert.equal(seen.data.at(-1).next_frame, 10);
  clock.advance(1);
  await settled();
  assert.equal(seen.data.at(-1).version, 3);
  hear("partial_result", { first_frame: 10, last_frame: 10 });
  clock.advance(SUMMARY_EVERY_MS);
  await settled();
  assert.equal(clock.waiting, 0, "a server that is away is asked again when there is an event");
});

test("events of other jobs are not heard, nor any after the end", () => {
  const { feed, seen, hear } = feeding();
  hear("snapshot", { job: { version: 1 } }, "b");
  hear("frame", { frame_index: 7 });
  assert.deepEqual([seen.data, seen.frames], [[], [7]]);
  hear("deleted");
  hear("deleted");
  assert.equal(seen.gone, 1);
  feed.stop();
});

const JOB = {
  status: "running", framesDone: 0, framesTotal: 100, sourceKind: "video", progress: 0, errorMessage: "",
  annotatedStatus: "none", annotatedProgress: 0, annotatedError: "",
};

function panelling() {
  const names = ["dot", "status", "frames", "progress", "remaining", "reason", "followField", "cancel", "retry", "remove"];
  const elements = Object.fromEntries(names.map((name) => [name, fakeElement()]));
  const said = [];
  const clock = new FakeClock();
  const panel = new StatePanel(elements, { announce: (words) => said.push(words), now: clock.now });
  return { elements, said, clock, render: (patch) => panel.render({ ...JOB, ...patch }) };
}

test("progress is shown at once and announced now and then", () => {
  const { elements, said, render } = panelling();
  for (const progress of [0, 10, 24, 25, 26, 30, 49.9, 51]) render({ progress, framesDone: progress });
  render({ status: "completed", progress: 100, framesDone: 100 });
  assert.deepEqual(said, ["25% done", "50% done", "Completed"]);
  assert.equal(elements.progress.hidden, true);
  assert.equal(elements.frames.textContent, "100 frames");
});

test("what is left is told once the pace is known", () => {
  const { elements, clock, render } = panelling();
  render({});
  assert.equal(elements.remaining.hidden, true);
  clock.advance(2000);
  render({ framesDone: 20 });
  assert.equal(elements.remaining.textContent, "About 8 s left");
  render({ status: "cancelled", framesDone: 20 });
  assert.equal(elements.remaining.hidden, true);
});

test("buttons are there as long as they make sense, and the focus goes on", () => {
  const { elements, render } = panelling();
  const { cancel, retry, remove } = elements;
  cancel.focus();
  for (const button of [retry, remove]) button.ownerDocument = cancel.ownerDocument;
  render({});
  assert.deepEqual([cancel.hidden, retry.hidden, remove.hidden], [false, true, false]);
  render({ status: "failed", errorMessage: "The disk is full" });
  assert.deepEqual([cancel.hidden, retry.hidden, remove.hidden], [true, false, false]);
  assert.equal(cancel.ownerDocument.activeElement, retry);
  assert.equal(elements.reason.textContent, "The disk is full");
});

test("a video whose length nobody knows has no percentage", () => {
  const { elements, render } = panelling();
  render({ framesTotal: null });
  assert.equal(elements.progress.hasAttribute("value"), false);
});

test("the annotated video is offered, made, and given", () => {
  const names = ["later", "annotated", "words", "progress", "make", "link", "watch"];
  const elements = { ...Object.fromEntries(names.map((name) => [name, fakeElement()])), links: [fakeElement()] };
  const downloads = new DownloadPanel(elements);
  const shown = (patch) => {
    downloads.render({ ...JOB, status: "completed", framesDone: 100, ...patch });
    return ["make", "progress", "link", "watch"].filter((name) => !elements[name].hidden);
  };
  downloads.render(JOB);
  const offered = () => [elements.later.hidden, elements.annotated.hidden, elements.links[0].hidden];
  assert.deepEqual(offered(), [false, true, true]);
  downloads.render({ ...JOB, status: "failed" });
  assert.match(elements.later.textContent, /no results/);
  downloads.render({ ...JOB, status: "cancelled", framesDone: 5 });
  assert.deepEqual(offered(), [true, false, false], "what was found so far");
  assert.deepEqual(shown({}), ["make"]);
  assert.deepEqual(shown({ annotatedStatus: "pending" }), ["progress"]);
  assert.deepEqual(shown({ annotatedStatus: "running", annotatedProgress: 41.6 }), ["progress"]);
  assert.match(elements.words.textContent, /41%/);
  assert.deepEqual(shown({ annotatedStatus: "ready" }), ["link", "watch"]);
  assert.deepEqual(shown({ annotatedStatus: "failed", annotatedError: "The disk is full" }), ["make"]);
  assert.match(wordsOf({ ...JOB, annotatedStatus: "failed" }), /try again/);
  assert.match(wordsOf({ ...JOB, annotatedStatus: "pending" }), /is waiting/);
});

test("a file on its way in words", () => {
  const words = (state) => wordsOfSending({ state, sent: 0.256, detail: "Not a video." });
  assert.deepEqual(["waiting", "sending", "checking", "cancelled", "refused", "sent"].map(words), [
    "Waiting", "Uploading 26%", "Being checked", "Cancelled", "Not a video.", "Uploaded",
  ]);
});
