import assert from "node:assert/strict";
import { test } from "node:test";

import { UnplayableNote, offerOf } from "../../../../static/js/jobs/viewer/unplayable-note.js";
import { fakeElement } from "../elements.js";

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
