import assert from "node:assert/strict";
import { test } from "node:test";

import { colourOf } from "../../static/js/colours.js";
import { Overlay } from "../../static/js/overlay.js";

/** A canvas that writes down what is drawn on it. */
function fakeCanvas() {
  const drawn = { boxes: [], words: [], chips: [], clears: 0, transform: null };
  const context = {
    setTransform: (...matrix) => { drawn.transform = matrix; },
    clearRect: () => Object.assign(drawn, { boxes: [], words: [], chips: [], clears: drawn.clears + 1 }),
    strokeRect: (...box) => drawn.boxes.push({ box, colour: context.strokeStyle }),
    measureText: (words) => ({ width: words.length * 7 }),
    beginPath() {},
    roundRect: (x, y, width, height) => drawn.chips.push({ x, y, width, height }),
    fill() {},
    fillText: (words) => drawn.words.push(words),
  };
  return { canvas: { width: 300, height: 150, getContext: () => context }, drawn };
}

function setUp(picture = { width: 640, height: 480 }) {
  const { canvas, drawn } = fakeCanvas();
  const overlay = new Overlay({ canvas, pictureSize: () => picture });
  overlay.resize({ width: 800, height: 600 }, 2);
  return { canvas, drawn, overlay };
}

const BOX = { x: 0.25, y: 0.5, w: 0.5, h: 0.25, label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97 };

test("draws boxes, words and the frame's number where they belong", () => {
  const { overlay, drawn } = setUp();
  overlay.show({ frameIndex: 12, detections: [BOX] });
  assert.deepEqual(drawn.boxes.at(-1), { box: [200, 300, 400, 150], colour: colourOf("text") });
  assert.deepEqual(drawn.words, ["NO ENTRY 97%", "Frame 12"]);
  assert.ok(drawn.chips[0].y + drawn.chips[0].height <= 300);
});

test("keeps off the bars beside a picture of another shape", () => {
  const { overlay, drawn } = setUp({ width: 1600, height: 900 });
  overlay.show({ frameIndex: 1, detections: [{ ...BOX, x: 0, y: 0, w: 1, h: 1 }] });
  assert.deepEqual(drawn.boxes.at(-1).box, [0, 75, 800, 450]);
});

test("has the screen's own resolution and draws in CSS pixels", () => {
  const { canvas, drawn, overlay } = setUp();
  assert.deepEqual([canvas.width, canvas.height], [1600, 1200]);
  assert.deepEqual(drawn.transform, [2, 0, 0, 2, 0, 0]);
  overlay.resize({ width: 401, height: 301 }, 1.5);
  assert.deepEqual([canvas.width, canvas.height], [602, 452]);
});

test("a new size draws what is shown again; nothing shown clears the canvas", () => {
  const { overlay, drawn } = setUp();
  overlay.show({ frameIndex: 1, detections: [BOX] });
  overlay.resize({ width: 400, height: 300 }, 1);
  assert.deepEqual(drawn.boxes.at(-1).box, [100, 150, 200, 75]);
  overlay.show(null);
  assert.deepEqual([drawn.boxes, drawn.words], [[], []]);
});

test("a frame without detections still shows that it was looked at", () => {
  const { overlay, drawn } = setUp();
  overlay.show({ frameIndex: 3, detections: [] });
  assert.deepEqual([drawn.boxes, drawn.words], [[], ["Frame 3"]]);
});

test("labels cover neither each other nor the neighbours' boxes, however dense the lines are", () => {
  const { overlay, drawn } = setUp();
  for (const step of [0.05, 0.07, 0.1, 0.2]) {
    const lines = [1, 2, 3, 4].map((row) => ({ ...BOX, y: row * step, h: 0.045 }));
    overlay.show({ frameIndex: 1, detections: lines });
    const boxes = lines.map((line) => ({ top: line.y * 600, bottom: (line.y + line.h) * 600 }));
    const chips = drawn.chips.slice(0, 4).map(({ y, height }) => ({ top: y, bottom: y + height }));
    chips.forEach((chip, i) => {
      const others = [...boxes.filter((_, j) => j !== i), ...chips.filter((_, j) => j !== i)];
      const covered = others.filter((other) => chip.top < other.bottom - 1e-6 && other.top < chip.bottom - 1e-6);
      assert.deepEqual(covered, [], `lines ${step} apart`);
    });
  }
});
