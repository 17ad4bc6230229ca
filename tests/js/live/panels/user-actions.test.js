import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS } from "../../../../static/js/live/options.js";
import { UserActions } from "../../../../static/js/live/panels/user-actions.js";
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
  const user = new UserActions({ live, store, options, askForFile: () => done.push("ask") });
  return { user, store, options, done };
}

test("one key starts and stops", () => {
  const { user, store, done } = setUp();
  user.startOrStop();
  store.update({ camera: "on" });
  user.startOrStop();
  assert.deepEqual(done, ["start", "stop"]);
});

test("without a pipeline nothing is started", () => {
  const { user, done } = setUp({ pipelineId: "" });
  user.startOrStop();
  assert.deepEqual(done, []);
});

test("a video has to be chosen before it is played; then it plays at once", async () => {
  const { user, done } = setUp();
  user.useSource("file");
  user.start();
  assert.deepEqual(done, [["file", {}], "ask", "ask"]);
  await user.useFile(FILE);
  assert.deepEqual(done.slice(3), [["file", { file: FILE }], "start"]);
  assert.equal(user.fileName, "street.mp4");
  user.useSource("camera");
  user.useSource("file");
  assert.deepEqual(done.at(-1), ["file", { file: FILE }]);
});

test("a stream that runs goes on until there is a video to change to", async () => {
  const { user, done } = setUp({ camera: "on" });
  user.useSource("file");
  assert.deepEqual(done, ["ask"]);
  await user.useFile(undefined);
  assert.deepEqual(done, ["ask"]);
  await user.useFile(FILE);
  assert.deepEqual(done, ["ask", ["file", { file: FILE }]]);
});

test("the camera that a person turned to is the one that the link asks for", async () => {
  const { user, options, done } = setUp({ camera: "on" }, "user");
  await user.flip();
  assert.equal(options.state.facing, "user");
  user.useSource("camera");
  assert.deepEqual(done, ["flip"], "it is on already");
  user.useSource("screen");
  user.useSource("camera");
  assert.deepEqual(done.slice(1), [["screen", {}], ["camera", { facing: "user" }]]);
});

test("another camera may look another way", async () => {
  const { user, options, done } = setUp({ camera: "on" }, "environment");
  await user.useDevice("b");
  assert.deepEqual([done, options.state.facing], [[["camera", { deviceId: "b" }]], "environment"]);
});

test("pipeline, mirror and mode are kept among the options", async () => {
  const { user, options, done } = setUp();
  user.choose("ocr_only");
  user.turnMirror();
  user.turnMode();
  await settled();
  const { pipeline, mirror, mode } = options.state;
  assert.deepEqual([pipeline, mirror, mode, done], ["ocr_only", "on", "exact", ["choose ocr_only"]]);
  user.turnMode();
  user.turnMirror();
  assert.deepEqual([options.state.mirror, options.state.mode], ["auto", "live"]);
});
