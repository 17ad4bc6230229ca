import assert from "node:assert/strict";
import { test } from "node:test";

import { Rate } from "../../../static/js/live/transport/rate.js";
import { streamAddress } from "../../../static/js/live/panels/pipeline-selector.js";
import { initialState, noteOf, statusOf } from "../../../static/js/live/state.js";

const state = (changes) => ({ ...initialState("yolo_ocr"), ...changes });
const on = (name, more = {}) => state({ camera: "on", connection: { name, retryAt: 0 }, ...more });

for (const [given, text, tone] of [
  [state({}), "Camera off", "idle"],
  [state({ failure: { code: "camera_refused", detail: "" } }), "Camera off", "bad"],
  [state({ camera: "starting" }), "Waiting for the camera", "busy"],
  [state({ source: "screen" }), "Screen not shared", "idle"],
  [state({ source: "screen", camera: "starting" }), "Waiting for the screen", "busy"],
  [state({ source: "file", failure: { code: "file_lost", detail: "" } }), "Video stopped", "bad"],
  [state({ source: "file", camera: "starting" }), "Opening the video", "busy"],
  [on("connecting"), "Connecting", "busy"],
  [on("connected"), "Connected", "good"],
  [on("reconnecting"), "Reconnecting", "busy"],
  [on("disconnected"), "Disconnected", "bad"],
]) {
  test(`the status ${text} in tone ${tone}`, () => assert.deepEqual(statusOf(given), { text, tone }));
}

test("a note lies over the picture only while there is something to wait for", () => {
  assert.equal(noteOf(state({})), "");
  assert.match(noteOf(state({ camera: "starting" })), /Allow the camera/);
  assert.match(noteOf(on("connected", { isWarming: true, isWaiting: true })), /Loading the pipeline/);
  assert.match(noteOf(on("connected", { isWarming: false, isWaiting: true })), /Waiting for the server/);
  assert.equal(noteOf(on("connected", { isWarming: false })), "");
  assert.equal(noteOf(on("reconnecting")), "");
});

test("what is asked of a person fits the source, while it is switched to as well", () => {
  assert.match(noteOf(on("connected", { isSwitching: true, source: "screen" })), /Choose what to share/);
  assert.match(noteOf(state({ camera: "starting", source: "file" })), /Opening the video/);
});

test("a picture that is not what it seems is told of, whatever the server does", () => {
  for (const connection of ["connected", "reconnecting"]) {
    assert.match(noteOf(on(connection, { picture: "paused" })), /held back/);
    assert.match(noteOf(on(connection, { picture: "still" })), /no new picture/);
    assert.match(noteOf(on(connection, { picture: "still", source: "file" })), /video does not go on/);
  }
});

test("the stream is on the page's own server, and secure where the page is", () => {
  const path = "/ws/video/stream";
  assert.equal(streamAddress("http://host:8000/?x=1#y", path, "a&b"), "ws://host:8000/ws/video/stream?pipeline_id=a%26b");
  assert.equal(streamAddress("https://host/live", path, "a"), "wss://host/ws/video/stream?pipeline_id=a");
});

test("the rate is what the last two seconds show", () => {
  const rate = new Rate();
  assert.equal(rate.add(0), null);
  for (let now = 100; now <= 5000; now += 100) rate.add(now);
  assert.equal(rate.add(5100), 10);
  assert.equal(rate.add(9000), null);
  rate.add(9500);
  rate.clear();
  assert.equal(rate.add(9600), null);
});
