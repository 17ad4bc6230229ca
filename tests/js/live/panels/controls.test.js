import assert from "node:assert/strict";
import { test } from "node:test";

import { ErrorBanner } from "../../../../static/js/live/panels/error-banner.js";
import { Controls } from "../../../../static/js/live/panels/controls.js";
import { PipelineSelector } from "../../../../static/js/live/panels/pipeline-selector.js";
import { initialState } from "../../../../static/js/live/state.js";
import { FakeElement } from "../../fakes.js";

const NAMES = ["start", "stop", "status", "statusText", "statusCountdown", "stage", "stageEmpty", "stageNote",
  "fps", "delay", "found"];

function setUp() {
  const page = { activeElement: null };
  const make = () => {
    const element = { textContent: "", hidden: false, disabled: false, dataset: {}, ownerDocument: page };
    return Object.assign(element, { focus: () => { page.activeElement = element; } });
  };
  const elements = { ...Object.fromEntries(NAMES.map((name) => [name, make()])), savers: [make(), make()] };
  return { page, elements, controls: new Controls(elements) };
}

const state = (changes = {}) => ({ ...initialState("yolo_ocr"), ...changes });
const CONNECTED = { camera: "on", connection: { name: "connected" }, isWarming: false };

test("one button is for use at a time", () => {
  const { controls, elements } = setUp();
  const disabled = () => [elements.start.disabled, elements.stop.disabled];
  controls.render(state());
  assert.deepEqual(disabled(), [false, true]);
  controls.render(state({ camera: "starting" }));
  assert.deepEqual(disabled(), [true, false]);
  controls.render(state(CONNECTED));
  assert.deepEqual(disabled(), [true, false]);
});

test("without a pipeline there is nothing to start", () => {
  const { controls, elements } = setUp();
  controls.render(state({ pipelineId: "" }));
  assert.equal(elements.start.disabled, true);
});

test("the focus goes on to the button that can be pressed", () => {
  const { controls, elements, page } = setUp();
  page.activeElement = elements.start;
  controls.render(state({ camera: "starting" }));
  assert.equal(page.activeElement, elements.stop);
  controls.render(state());
  assert.equal(page.activeElement, elements.start);
  page.activeElement = null;
  controls.render(state(CONNECTED));
  assert.equal(page.activeElement, null);
});

test("status, notes and the empty stage follow the state", () => {
  const { controls, elements } = setUp();
  controls.render(state());
  assert.deepEqual([elements.statusText.textContent, elements.stageEmpty.hidden], ["Camera off", false]);
  controls.render(state({ ...CONNECTED, isWarming: true }));
  assert.deepEqual([elements.statusText.textContent, elements.status.dataset.tone], ["Connected", "good"]);
  assert.deepEqual([elements.stageEmpty.hidden, elements.stageNote.hidden], [true, false]);
  controls.render(state(CONNECTED));
  assert.equal(elements.stageNote.hidden, true);
});

test("figures are there while frames are answered, and go at once when none are", () => {
  const { controls, elements } = setUp();
  const figures = () => ["fps", "delay", "found"].map((name) => elements[name].textContent);
  const streaming = state({ ...CONNECTED, frame: { frameIndex: 1, detections: [] }, fps: 14.96, delayMs: 38.4 });
  controls.renderFigures(streaming);
  assert.deepEqual(figures(), ["15", "38 ms", "0"]);
  controls.renderFigures({ ...streaming, fps: 4.25 });
  assert.equal(figures()[0], "4.3");
  controls.render(state(CONNECTED));
  assert.deepEqual(figures(), ["–", "–", "–"]);
});

test("what is shown can be saved, and nothing else", () => {
  const { controls, elements } = setUp();
  const disabled = () => elements.savers.map((saver) => saver.disabled);
  controls.render(state(CONNECTED));
  assert.deepEqual(disabled(), [true, true]);
  controls.render(state({ ...CONNECTED, frame: { frameIndex: 1, detections: [] } }));
  assert.deepEqual(disabled(), [false, false]);
});

test("the countdown runs only while a new try is waited for", () => {
  const { controls, elements } = setUp();
  const waiting = state({ camera: "on", connection: { name: "reconnecting", retryAt: 5000 } });
  controls.renderCountdown(waiting, 2100);
  assert.equal(elements.statusCountdown.textContent, " in 3 s");
  controls.renderCountdown(state(CONNECTED), 2100);
  assert.equal(elements.statusCountdown.textContent, "");
});

test("the banner tells a failure and goes when it is over", () => {
  const elements = Object.fromEntries(["banner", "title", "advice", "detail"].map((name) => [name, new FakeElement({ hidden: true })]));
  const banner = new ErrorBanner(elements);
  banner.render({ code: "invalid_pipeline", detail: "Unknown pipeline_id: x" });
  assert.deepEqual([elements.banner.hidden, elements.banner.dataset.code], [false, "invalid_pipeline"]);
  assert.match(elements.title.textContent, /pipeline cannot be used/);
  assert.deepEqual([elements.detail.textContent, elements.detail.hidden], ["Unknown pipeline_id: x", false]);
  banner.render({ code: "camera_refused", detail: "" });
  assert.equal(elements.detail.hidden, true);
  banner.render(null);
  assert.equal(elements.banner.hidden, true);
});

test("the selector describes what is chosen and tells it, until it is let go", () => {
  const select = Object.assign(new EventTarget(), { value: "a", selectedOptions: [{ dataset: { description: "Reads" } }] });
  const description = { textContent: "" };
  const selector = new PipelineSelector({ select, description });
  const listening = new AbortController();
  const chosen = [];
  selector.onChange((pipelineId) => chosen.push(pipelineId), listening.signal);
  select.dispatchEvent(new Event("change"));
  listening.abort();
  select.dispatchEvent(new Event("change"));
  assert.deepEqual(chosen, ["a"]);
  assert.equal(description.textContent, "Reads");
});
