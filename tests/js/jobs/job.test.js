import assert from "node:assert/strict";
import { test } from "node:test";

import { isOver, lastReadable, readJob } from "../../../static/js/jobs/job.js";
import { afterEvent, readEvent } from "../../../static/js/jobs/job-events.js";

const DATA = {
  job_id: "a", status: "running", source_name: "cars.mp4", source_kind: "video", source_bytes: 2_811_553,
  width: 768, height: 432, fps: 12.5, duration_s: 30.16, pipeline_id: "yolo_ocr", pipeline_name: "", frame_stride: 1,
  frames_total: 377, frames_done: 64, progress: 17, next_frame: 65, warnings: ["odd"], warnings_count: 1,
  plugin_timings: { detect: { tool: "yolo.detect", runs: 64, mean_ms: 12.5, max_ms: 20, total_ms: 800 } },
  summary: {
    labels: [{ label: "car", count: 3, first_s: 1.5 }], texts: [{ text: "A1", count: 2, first_s: 2, last_s: 4 }],
    tracks: 2, density: { bucket_s: 0.05, counts: [0, 2, 1] },
  },
};

test("a job is read", () => {
  const job = readJob(DATA);
  assert.equal(job.pipelineName, "yolo_ocr");
  assert.deepEqual(job.labels, [{ label: "car", count: 3, firstS: 1.5 }]);
  assert.deepEqual(job.texts, [{ text: "A1", count: 2, firstS: 2, lastS: 4 }]);
  assert.deepEqual(job.timings, [{ id: "detect", tool: "yolo.detect", runs: 64, meanMs: 12.5, maxMs: 20, totalMs: 800 }]);
  assert.deepEqual([job.density, job.bucketS, job.tracks], [[0, 2, 1], 0.05, 2]);
  assert.equal(lastReadable(job), 64);
  assert.equal(isOver(job), false);
});

test("what is no job is none, and odd values do not throw", () => {
  for (const odd of [null, 7, "job", [], {}, { job_id: 5 }]) assert.equal(readJob(odd), null);
  const job = readJob({ job_id: "a", status: "dancing", summary: [], plugin_timings: 3, warnings: [1, "w"], fps: "fast" });
  assert.equal(job.status, "pending");
  assert.deepEqual([job.warnings, job.labels, job.timings, job.fps], [["w"], [], [], null]);
});

test("events change what is known", () => {
  const event = (type, payload) => ({ type, jobId: "a", payload: { job_id: "a", ...payload } });
  let data = afterEvent(null, event("progress", { frames_done: 5 }));
  assert.equal(data, null, "nothing is known yet");
  data = afterEvent(null, event("snapshot", { job: DATA }));
  assert.deepEqual(data, DATA);
  data = afterEvent(data, event("progress", { frames_done: 70, progress: 18.5 }));
  data = afterEvent(data, event("partial_result", { first_frame: 65, last_frame: 128 }));
  data = afterEvent(data, event("partial_result", { first_frame: 1, last_frame: 3 }));
  data = afterEvent(data, event("warning", { warnings: ["new"], warnings_count: 9 }));
  data = afterEvent(data, event("metadata", { facts: { device_used: "cpu" } }));
  data = afterEvent(data, event("plugin_status", { plugin_timings: {}, tools: { detect: {} } }));
  assert.deepEqual(
    [data.frames_done, data.next_frame, data.warnings, data.warnings_count, data.device_used, data.plugin_timings],
    [70, 129, ["odd", "new"], 9, "cpu", {}],
  );
  assert.equal(afterEvent(data, event("frame", {})), data);
  assert.equal(afterEvent({}, event("warning", { warnings: ["w"] })).warnings.length, 1);
  assert.equal(afterEvent(data, event("deleted", {})), null);
});

test("events are read, and what is none is none", () => {
  const text = JSON.stringify({ type: "deleted", payload: { job_id: "a" }, timestamp: "now" });
  assert.deepEqual(readEvent(text), { type: "deleted", jobId: "a", payload: { job_id: "a" } });
  for (const odd of ["", "{", "[]", "null", "{}", null, 5]) assert.equal(readEvent(odd), null);
});
