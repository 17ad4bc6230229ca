import assert from "node:assert/strict";
import { test } from "node:test";

import { StatePanel } from "../../../../static/js/jobs/viewer/state-panel.js";
import { DownloadPanel, wordsOf } from "../../../../static/js/jobs/viewer/download-panel.js";
import { FakeClock } from "../../fakes.js";
import { fakeElement } from "../elements.js";

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
