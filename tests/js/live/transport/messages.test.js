import assert from "node:assert/strict";
import { test } from "node:test";

import { readMessage } from "../../../../static/js/live/transport/messages.js";

const read = (message) => readMessage(JSON.stringify(message));

test("reads a result with what each tool set", () => {
  const message = read({
    frame_index: 7,
    result: {
      detections: [
        { x: 0.1, y: 0.2, w: 0.3, h: 0.4, label: "text", score: 0.9, text: " NO ENTRY ", text_score: 0.97, text_age_ms: 133, track_id: 3 },
        { x: 0, y: 0, w: 1, h: 1, label: "bus", score: 0.5 },
      ],
      text: "NO ENTRY",
      counts: { lines: { road: { in: 3, out: 1 } } },
    },
    timings_ms: { wait: 1.5, total: 20, note: "no number" },
    backpressure: "warning",
    warnings: ["Boxes are left out", 7, ""],
  });
  assert.deepEqual(message, {
    kind: "result",
    frameIndex: 7,
    detections: [
      { x: 0.1, y: 0.2, w: 0.3, h: 0.4, label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97, textAgeMs: 133, trackId: 3 },
      { x: 0, y: 0, w: 1, h: 1, label: "bus", score: 0.5 },
    ],
    text: "NO ENTRY",
    counts: { lines: { road: { in: 3, out: 1 } } },
    timingsMs: { wait: 1.5, total: 20 },
    pressure: "warning",
    warnings: ["Boxes are left out"],
  });
});

test("reads the corners of an oriented box, and leaves out what is none", () => {
  const polygon = [[0.1, 0.2], [0.4, 0.1], [0.5, 0.5], [-0.1, 0.6]];
  const box = { x: 0, y: 0.1, w: 0.5, h: 0.5, label: "text", score: 0.9 };
  const one = (value) => read({ frame_index: 1, result: { detections: [{ ...box, polygon: value }] } }).detections;
  assert.deepEqual(one(polygon), [{ ...box, polygon }]);
  for (const value of [null, "x", [], polygon.slice(1), [...polygon.slice(1), [null, 1]], [1, 2, 3, 4]]) {
    assert.deepEqual(one(value), [box]);
  }
});

test("reads the other kinds", () => {
  const dropped = { kind: "dropped", frameIndex: 8, pressure: "critical" };
  assert.deepEqual(read({ frame_index: 8, dropped: true, backpressure: "critical" }), dropped);
  assert.deepEqual(read({ warning: "slow_down", suggested_fps: 7.5 }), { kind: "slow_down", suggestedFps: 7.5 });
  assert.deepEqual(read({ warning: "slow_down" }), { kind: "slow_down", suggestedFps: null });
  assert.deepEqual(read({ error: "invalid_frame", detail: "Not a valid JPEG image", frame_index: 2 }), {
    kind: "error",
    code: "invalid_frame",
    detail: "Not a valid JPEG image",
  });
});

test("a server that does not say how hard the stream presses, or says something new, is at ease", () => {
  for (const backpressure of [undefined, "normal", "from the future", 4, null]) {
    assert.equal(read({ frame_index: 1, result: {}, backpressure }).pressure, "normal");
  }
});

test("a result without detections has none, and a detection without a box is left out", () => {
  assert.deepEqual(read({ frame_index: 1, result: {} }).detections, []);
  assert.deepEqual(read({ frame_index: 1, result: null }).detections, []);
  assert.deepEqual(read({ frame_index: 1, result: { counts: 4 } }).counts, {});
  const detections = [{ label: "x" }, null, 4, { x: 0, y: 0, w: "1", h: 1 }, { x: 0, y: 0, w: 1, h: 1 }];
  const kept = read({ frame_index: 1, result: { detections } }).detections;
  assert.deepEqual(kept, [{ x: 0, y: 0, w: 1, h: 1, label: "", score: 0 }]);
});

test("nothing that arrives makes it throw", () => {
  const odd = ["", "{", "null", "[]", "4", '"text"', "{}", '{"frame_index": "1"}', '{"error": 4}', undefined, null, {}];
  for (const data of odd) assert.deepEqual(readMessage(data), { kind: "unknown" }, String(data));
});
