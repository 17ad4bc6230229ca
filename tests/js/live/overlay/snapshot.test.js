import assert from "node:assert/strict";
import { test } from "node:test";

import { snapshot } from "../../../../static/js/live/overlay/snapshot.js";
import { FakeDecoder, fakeCanvas } from "../../canvas.js";

const LAYERS = { boxes: true, labels: true, scores: true, text: true, tracks: true, trails: true, index: true };
const DETECTIONS = [
  { x: 0.25, y: 0.5, w: 0.5, h: 0.25, label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97, textAgeMs: 80 },
  { x: 0.1, y: 0.1, w: 0.2, h: 0.2, label: "bus", score: 0.5, trackId: 3 },
];
const FRAME = {
  frameIndex: 12,
  detections: DETECTIONS,
  text: "NO ENTRY",
  counts: { lines: { road: { in: 3, out: 1 } } },
  timingsMs: { detect: 10.5, total: 12 },
  takenAt: 1000,
  size: { width: 640, height: 480 },
  jpeg: "the frame",
};

async function take(options = {}, detections = DETECTIONS) {
  const decoder = new FakeDecoder();
  const made = [];
  const browser = {
    decode: decoder.decode,
    createCanvas: (size) => {
      const { canvas, context, drawn } = fakeCanvas();
      made.push({ size, context, drawn });
      return Object.assign(canvas, { convertToBlob: async ({ type }) => ({ type }) });
    },
  };
  const time = new Date("2024-05-06T07:08:09.123Z");
  const taking = snapshot({ frame: { ...FRAME, detections }, options: { pipeline: "yolo_ocr", layers: LAYERS, minScore: 0, time, ...options }, browser });
  await decoder.finish();
  return { ...(await taking), ...made[0], decoder };
}

test("the picture is the very frame, with its boxes, at its own resolution", async () => {
  const { png, size, drawn, decoder } = await take();
  assert.deepEqual(png, { type: "image/png" });
  assert.deepEqual(size, { width: 640, height: 480 });
  assert.equal(drawn.pictures[0].picture.jpeg, "the frame");
  assert.deepEqual(drawn.boxes[1].box, [160, 240, 320, 120]);
  assert.deepEqual(drawn.words.map(({ words }) => words), ["NO ENTRY", "97%", "bus #3", "50%", "Frame 12"]);
  assert.deepEqual(decoder.open, []);
});

test("an oriented box is drawn and saved with its corners", async () => {
  const polygon = [[0.5, 0.5], [0.75, 0.6], [0.5, 0.75], [0.25, 0.6]];
  const { json, drawn } = await take({}, [{ ...DETECTIONS[0], polygon }]);
  assert.deepEqual(JSON.parse(json).result.detections[0].polygon, polygon);
  assert.deepEqual(drawn.lines.at(-1).path[1], [480, 288]);
});

test("it is as large as the overlay where that is larger, in its own shape", async () => {
  const { size, context, drawn } = await take({ canvas: { width: 1920, height: 1200 } });
  assert.deepEqual(size, { width: 1600, height: 1200 });
  assert.deepEqual(context.transform, [2.5, 0, 0, 2.5, 0, 0]);
  assert.deepEqual(drawn.boxes[1].box, [160, 240, 320, 120]);
  assert.deepEqual((await take({ canvas: { width: 320, height: 200 } })).size, { width: 640, height: 480 });
});

test("the picture shows what the page shows, the result has everything", async () => {
  const { drawn, json } = await take({ minScore: 0.6, layers: { ...LAYERS, labels: false, index: false, scores: false } });
  assert.deepEqual(drawn.words.map(({ words }) => words), ["NO ENTRY"]);
  assert.equal(drawn.boxes.length, 2);
  assert.equal(JSON.parse(json).result.detections.length, 2);
});

test("the result is what the server said, in its words", async () => {
  const { json } = await take();
  assert.deepEqual(JSON.parse(json), {
    pipeline: "yolo_ocr",
    frame_index: 12,
    time: "2024-05-06T07:08:09.123Z",
    size: { width: 640, height: 480 },
    result: {
      detections: [
        { x: 0.25, y: 0.5, w: 0.5, h: 0.25, label: "text", score: 0.9, text: "NO ENTRY", text_score: 0.97, text_age_ms: 80 },
        { x: 0.1, y: 0.1, w: 0.2, h: 0.2, label: "bus", score: 0.5, track_id: 3 },
      ],
      text: "NO ENTRY",
      counts: { lines: { road: { in: 3, out: 1 } } },
    },
    timings_ms: { detect: 10.5, total: 12 },
  });
});
