import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS } from "../../../../static/js/live/options.js";
import { Person } from "../../../../static/js/live/panels/person.js";
import { initialState } from "../../../../static/js/live/state.js";
import { Store } from "../../../../static/js/live/store.js";
import { settled } from "../../fakes.js";

const FILE = { name: "street.mp4" };

function setUp(changes = {}, facingAfter = "") {
  const store = new Store({ ...initialState("yolo_ocr"), ...changes });
  const options = new Store({ ...DEFAULTS });
  const done = [];
  const live = {
    start: async () => done.push("start"),
    stop: () => done.push("stop"),
    choose: (pipeline) => done.push(`choose ${pipeline}`),
    useSource: async (kind, choice) => {
      done.push([kind, choice]);
      store.update({ source: kind, facing: facingAfter });
    },
    flip: async () => {
      done.push("flip");
      store.update({ facing: facingAfter });
    },
  };
  const person = new Person({ live, store, options, askForFile: () => done.push("ask") });
  return { person, store, options, done };
}

test("one key starts and stops", () => {
  const { person, store, done } = setUp();
  person.startOrStop();
  store.update({ camera: "on" });
  person.startOrStop();
  assert.deepEqual(done, ["start", "stop"]);
});

test("without a pipeline nothing is started", () => {
  const { person, done } = setUp({ pipelineId: "" });
  person.startOrStop();
  assert.deepEqual(done, []);
});

test("a video has to be chosen before it is played; then it plays at once", async () => {
  const { person, done } = setUp();
  person.useSource("file");
  person.start();
  assert.deepEqual(done, [["file", {}], "ask", "ask"]);
  await person.useFile(FILE);
  assert.deepEqual(done.slice(3), [["file", { file: FILE }], "start"]);
  assert.equal(person.fileName, "street.mp4");
  person.useSource("camera");
  person.useSource("file");
  assert.deepEqual(done.at(-1), ["file", { file: FILE }]);
});

test("a stream that runs goes on until there is a video to change to", async () => {
  const { person, done } = setUp({ camera: "on" });
  person.useSource("file");
  assert.deepEqual(done, ["ask"]);
  await person.useFile(undefined);
  assert.deepEqual(done, ["ask"]);
  await person.useFile(FILE);
  assert.deepEqual(done, ["ask", ["file", { file: FILE }]]);
});

test("the camera that a person turned to is the one that the link asks for", async () => {
  const { person, options, done } = setUp({ camera: "on" }, "user");
  await person.flip();
  assert.equal(options.state.facing, "user");
  person.useSource("camera");
  assert.deepEqual(done, ["flip"], "it is on already");
  person.useSource("screen");
  person.useSource("camera");
  assert.deepEqual(done.slice(1), [["screen", {}], ["camera", { facing: "user" }]]);
});

test("another camera may look another way", async () => {
  const { person, options, done } = setUp({ camera: "on" }, "environment");
  await person.useDevice("b");
  assert.deepEqual([done, options.state.facing], [[["camera", { deviceId: "b" }]], "environment"]);
});

test("pipeline, mirror and mode are kept among the options", async () => {
  const { person, options, done } = setUp();
  person.choose("ocr_only");
  person.turnMirror();
  person.turnMode();
  await settled();
  const { pipeline, mirror, mode } = options.state;
  assert.deepEqual([pipeline, mirror, mode, done], ["ocr_only", "on", "exact", ["choose ocr_only"]]);
  person.turnMode();
  person.turnMirror();
  assert.deepEqual([options.state.mirror, options.state.mode], ["auto", "live"]);
});
