import assert from "node:assert/strict";
import { test } from "node:test";

import { JobsApi, refusalOf } from "../../../../static/js/jobs/jobs-api.js";
import { Uploads, formOf } from "../../../../static/js/jobs/list/uploads.js";

const CHOICES = { pipelineId: "yolo_ocr", frameStride: "2", maxFrames: "", device: "auto" };

class FakeRequest {
  static made = [];

  constructor() {
    this.upload = {};
    this.headers = {};
    this.aborted = false;
    FakeRequest.made.push(this);
  }

  open(method, path) {
    this.opened = `${method} ${path}`;
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(form) {
    this.form = form;
  }

  abort() {
    this.aborted = true;
  }

  answers(status, body) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload();
  }
}

function setUp() {
  FakeRequest.made = [];
  const states = new Map();
  const uploads = new Uploads({
    path: "/video/submit",
    csrfToken: "token",
    createRequest: () => new FakeRequest(),
    changed: (sending) => states.set(sending.id, sending),
  });
  return { uploads, states, made: FakeRequest.made };
}

const file = (name) => new File(["0123456789"], name);

test("files are sent one after the other, with what was chosen before the file", () => {
  const { uploads, states, made } = setUp();
  uploads.add([file("a.mp4"), file("b.mp4")], CHOICES);
  assert.equal(uploads.isBusy, true);
  assert.equal(made.length, 1);
  assert.equal(made[0].opened, "POST /video/submit");
  assert.equal(made[0].headers["X-CSRFToken"], "token");
  assert.deepEqual([...made[0].form.keys()], ["pipeline_id", "frame_stride", "device", "file"]);
  assert.deepEqual([states.get(1).state, states.get(2).state], ["sending", "waiting"]);
  made[0].upload.onprogress({ loaded: 5, total: 10 });
  assert.equal(states.get(1).sent, 0.5);
  made[0].upload.onprogress({ loaded: 10, total: 10 });
  assert.equal(states.get(1).state, "checking");
  made[0].answers(202, { job_id: "j1" });
  assert.deepEqual([states.get(1).state, states.get(1).jobId], ["sent", "j1"]);
  assert.equal(made.length, 2);
  made[1].answers(202, { job_id: "j2" });
  assert.equal(uploads.isBusy, false);
});

test("a refusal is told in the server's words, and the next file is sent", () => {
  const { uploads, states, made } = setUp();
  uploads.add([file("a.txt"), file("b.mp4")], CHOICES);
  made[0].answers(415, { error: "not_a_video", detail: "a.txt cannot be read as a video" });
  assert.deepEqual([states.get(1).state, states.get(1).detail], ["refused", "a.txt cannot be read as a video."]);
  made[1].onerror();
  assert.match(states.get(2).detail, /cannot be reached/);
  assert.equal(uploads.isBusy, false);
});

test("a limit of the server is told in its own words", () => {
  const { uploads, states, made } = setUp();
  uploads.add([file("a.mp4")], CHOICES);
  const detail = "1000 jobs wait for a worker, and no more may (JOBS_MAX_PENDING): try again later";
  made[0].answers(429, { error: "too_many_pending_jobs", detail });
  assert.deepEqual([states.get(1).state, states.get(1).detail], ["refused", `${detail}.`]);
});

test("an answer without a job is a refusal", () => {
  const { uploads, states, made } = setUp();
  uploads.add([file("a.mp4")], CHOICES);
  made[0].answers(202, {});
  assert.equal(states.get(1).state, "refused");
});

test("what is cancelled is not sent, wherever it was", () => {
  const { uploads, states, made } = setUp();
  uploads.add([file("a.mp4"), file("b.mp4"), file("c.mp4")], CHOICES);
  uploads.cancel(2);
  uploads.cancel(1);
  uploads.cancel(1);
  uploads.cancel(99);
  assert.equal(made[0].aborted, true);
  assert.deepEqual([1, 2, 3].map((id) => states.get(id).state), ["cancelled", "cancelled", "sending"]);
  assert.equal(made.length, 2);
});

test("empty choices are left out of the form", () => {
  const form = formOf(file("a.mp4"), { pipelineId: "p", frameStride: "", maxFrames: "7", device: "" });
  assert.deepEqual([...form.keys()], ["pipeline_id", "max_frames", "file"]);
});

test("requests carry the token where they change something", async () => {
  const asked = [];
  const api = new JobsApi({
    csrfToken: "token",
    fetch: async (path, options) => {
      asked.push([options.method, path, options.headers["X-CSRFToken"]]);
      return new Response('{"a": 1}\n\n{"b": 2}\n');
    },
  });
  assert.deepEqual(await api.lines("j", 1, 256), ['{"a": 1}', '{"b": 2}']);
  for (const change of ["cancel", "retry", "annotate", "remove"]) await api[change]("j");
  assert.deepEqual(asked, [
    ["GET", "/video/results/j?format=jsonl&partial=1&first_frame=1&last_frame=256", undefined],
    ["POST", "/jobs/j/cancel", "token"],
    ["POST", "/jobs/j/retry", "token"],
    ["POST", "/jobs/j/annotated", "token"],
    ["DELETE", "/jobs/j", "token"],
  ]);
});

test("what cannot be asked or read is said in words", async () => {
  const answers = [
    () => Promise.reject(new TypeError("Failed to fetch")),
    async () => new Response("<html>", { status: 500 }),
    async () => new Response('{"error": "not_found", "detail": "There is no such job"}', { status: 404 }),
    async () => new Response("<html>"),
  ];
  const api = new JobsApi({ csrfToken: "", fetch: () => answers.shift()() });
  await assert.rejects(api.get("j"), /cannot be reached/);
  await assert.rejects(api.get("j"), /cannot be read\. \(500\)/);
  await assert.rejects(api.get("j"), { code: "not_found", message: "There is no such job." });
  await assert.rejects(api.get("j"), /cannot be read/);
  assert.equal(refusalOf(418, "null").code, "418");
});
