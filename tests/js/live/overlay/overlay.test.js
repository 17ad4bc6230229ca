import assert from "node:assert/strict";
import { test } from "node:test";

import { colourOf } from "../../../../static/js/shared/colours.js";
import { overlap } from "../../../../static/js/shared/geometry.js";
import { TRAIL_MS } from "../../../../static/js/live/overlay/trail.js";
import { BUS, drive, setUp } from "./set-up.js";

const ALL = { boxes: true, labels: true, scores: true, text: true, tracks: true, trails: true, index: true };
const TEXT = { x: 0.25, y: 0.5, w: 0.5, h: 0.25, label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97 };

test("draws boxes, words and the frame's number where they belong", () => {
  const { drawn, show, words } = setUp();
  show(12, [TEXT]);
  assert.deepEqual(drawn.boxes.at(-1), { box: [200, 300, 400, 150], colour: colourOf("text") });
  assert.deepEqual(words(), ["NO ENTRY", "97%", "Frame 12"]);
  assert.ok(drawn.plates[0].y + drawn.plates[0].height <= 300);
});

test("an oriented box is drawn along its corners, which move with it", () => {
  const { drawn, show, overlay, screen } = setUp();
  const polygon = [[0.5, 0.5], [0.75, 0.6], [0.5, 0.75], [0.25, 0.6]];
  show(1, [{ ...TEXT, polygon }]);
  assert.deepEqual(drawn.boxes, []);
  const { path, colour } = drawn.lines.at(-1);
  assert.equal(colour, colourOf("text"));
  assert.deepEqual(path.map(([x, y]) => [Math.round(x), Math.round(y)]), [[400, 300], [600, 360], [400, 450], [200, 360], [400, 300]]);
  overlay.configure({ mirrored: true });
  screen.frame();
  assert.deepEqual(drawn.lines.at(-1).path[1].map(Math.round), [200, 360]);
});

test("the label of a text that waits to be read again is grey, its box is not", () => {
  const { drawn, show, words } = setUp();
  for (const [textAgeMs, isGrey] of [[undefined, false], [66, false], [150, true], [800, true]]) {
    show(1, [{ ...TEXT, textAgeMs }]);
    assert.equal(drawn.plates[0].colour, isGrey ? "#9aa0a6" : colourOf("text"));
    assert.equal(drawn.boxes.at(-1).colour, colourOf("text"));
    assert.deepEqual(words(), ["NO ENTRY", "97%", "Frame 1"]);
  }
  show(2, [{ ...BUS, textAgeMs: 800 }]);
  assert.equal(drawn.plates[0].colour, colourOf("bus", 3));
});

test("keeps off the bars beside a picture of another shape", () => {
  const { drawn, show } = setUp({ size: { width: 1600, height: 900 } });
  show(1, [{ ...TEXT, x: 0, y: 0, w: 1, h: 1 }]);
  assert.deepEqual(drawn.boxes.at(-1).box, [0, 75, 800, 450]);
});

test("in a mirror boxes change sides, and words are written as always", () => {
  const { overlay, drawn, context, show } = setUp();
  overlay.configure({ mirrored: true });
  show(1, [BUS]);
  const [x, y, width, height] = drawn.boxes.at(-1).box;
  assert.deepEqual([x, y, width, height].map(Math.round), [560, 120, 160, 150]);
  assert.deepEqual(context.transform, [2, 0, 0, 2, 0, 0]);
});

test("has the screen's own resolution and draws in CSS pixels", () => {
  const { overlay, canvas, context, drawn } = setUp();
  assert.deepEqual([canvas.width, canvas.height], [1600, 1200]);
  assert.deepEqual(context.transform, [2, 0, 0, 2, 0, 0]);
  overlay.resize({ width: 401, height: 301 }, 0.5);
  assert.deepEqual([canvas.width, canvas.height], [201, 151]);
  assert.deepEqual(context.transform, [201 / 401, 0, 0, 151 / 301, 0, 0]);
  assert.deepEqual(drawn.cleared, [0, 0, 401, 301]);
});

test("a new size draws what is shown again, at once", () => {
  const { overlay, drawn, show } = setUp();
  show(1, [TEXT]);
  overlay.resize({ width: 400, height: 300 }, 1);
  assert.deepEqual(drawn.boxes.at(-1).box, [100, 150, 200, 75]);
});

test("nothing shown clears the canvas", () => {
  const { overlay, screen, drawn, show, words } = setUp();
  show(1, [TEXT]);
  overlay.show(null);
  screen.frame();
  assert.deepEqual([drawn.boxes, words()], [[], []]);
});

test("a frame without detections still shows that it was looked at", () => {
  const { show, drawn, words, screen } = setUp();
  show(3, []);
  assert.deepEqual([drawn.boxes, words()], [[], ["Frame 3"]]);
  assert.equal(screen.waiting, 0);
});

test("tells of each frame once, when it is on the screen, and not of one that never was", () => {
  const { overlay, told, screen, show, frameOf, watch } = setUp();
  show(1, [BUS]);
  watch(200);
  overlay.show(frameOf(2, [BUS]));
  overlay.show(frameOf(3, [BUS]));
  assert.deepEqual(told, [1]);
  screen.frame();
  overlay.resize({ width: 400, height: 300 }, 1);
  overlay.show(null);
  screen.frame();
  assert.deepEqual(told, [1, 3]);
});

for (const [layer, gone] of [
  ["boxes", (drawn) => drawn.boxes.length === 0],
  ["labels", (drawn) => !drawn.words.some(({ words }) => words.includes("bus"))],
  ["scores", (drawn) => !drawn.words.some(({ words }) => words.includes("%"))],
  ["text", (drawn) => !drawn.words.some(({ words }) => words.includes("NO ENTRY"))],
  ["tracks", (drawn) => !drawn.words.some(({ words }) => words.includes("#3"))],
  ["trails", (drawn) => drawn.lines.length === 0],
  ["index", (drawn) => !drawn.words.some(({ words }) => words.startsWith("Frame"))],
]) {
  test(`the layer ${layer} is drawn where it is wanted`, () => {
    const objects = setUp();
    drive(objects);
    const frame = objects.frameOf(9, [{ ...BUS, x: 0.26 }, TEXT]);
    objects.overlay.show(frame);
    for (const wanted of [true, false, true]) {
      objects.overlay.configure({ layers: { ...ALL, [layer]: wanted } });
      objects.screen.frame();
      assert.equal(gone(objects.drawn), !wanted);
    }
  });
}

test("a detection that is less sure than wanted is not drawn, at once and without a new frame", () => {
  const { overlay, screen, show, words } = setUp();
  show(1, [BUS, TEXT]);
  overlay.configure({ minScore: 0.85 });
  screen.frame();
  assert.deepEqual(words(), ["NO ENTRY", "97%", "Frame 1"]);
  overlay.configure({ minScore: 0.99 });
  screen.frame();
  assert.deepEqual(words(), ["Frame 1"]);
  overlay.configure({ minScore: 0 });
  screen.frame();
  assert.equal(words().length, 5);
});

test("between answers a box runs on with its object, for a third of a second and within the picture", () => {
  const objects = setUp();
  drive(objects);
  const left = () => objects.drawn.boxes.at(-1).box[0];
  const before = left();
  objects.watch(100);
  // 0.02 of 800 pixels in 66 ms.
  assert.ok(Math.abs(left() - before - 16 * (100 / 66)) < 4, `${left() - before}`);
  objects.watch(2000);
  assert.ok(left() - before < 16 * (350 / 66));
  const at = left();
  objects.watch(1000);
  assert.equal(left(), at);
});

test("a box never leaves the picture", () => {
  const objects = setUp();
  for (let i = 0; i < 8; i += 1) {
    objects.show(i + 1, [{ ...BUS, x: 0.6 + 0.025 * i }]);
    objects.clock.advance(66);
  }
  objects.watch(330);
  const [x, , width] = objects.drawn.boxes.at(-1).box;
  assert.ok(x + width <= 800 + 1e-9 && x + width > 790);
});

test("rests while nothing moves, and wakes for what is new", () => {
  const objects = setUp();
  objects.show(1, [TEXT]);
  assert.equal(objects.screen.waiting, 0);
  objects.clock.advance(66);
  objects.show(2, [TEXT]);
  objects.watch(200);
  assert.equal(objects.screen.waiting, 0);
  drive(objects);
  assert.equal(objects.screen.waiting, 1);
  objects.watch(TRAIL_MS + 500);
  assert.equal(objects.screen.waiting, 0);
  assert.equal(objects.drawn.lines.length, 0);
});

test("a trail shows where a track was, brightest where it is now", () => {
  const objects = setUp();
  drive(objects, 12);
  const { lines } = objects.drawn;
  assert.ok(lines.length > 1);
  assert.ok(lines.every((line, i) => i === 0 || line.alpha > lines[i - 1].alpha));
  assert.equal(new Set(lines.map((line) => line.colour)).size, 1);
  const [endX, endY] = lines.at(-1).path.at(-1);
  const [x, y, width, height] = objects.drawn.boxes.at(-1).box;
  assert.ok(Math.abs(endX - (x + width / 2)) < 1 && Math.abs(endY - (y + height)) < 1);
});

test("a label goes along with its box between answers", () => {
  const objects = setUp();
  drive(objects);
  const gap = () => objects.drawn.boxes.at(-1).box[0] - objects.drawn.plates[0].x;
  const before = gap();
  objects.watch(160);
  assert.ok(Math.abs(gap() - before) < 1e-6);
});

test("words are measured once, not for every frame of the screen", () => {
  const objects = setUp();
  drive(objects);
  const { measured } = objects.drawn;
  objects.watch(160);
  objects.show(9, [{ ...BUS, x: 0.26 }]);
  assert.equal(objects.drawn.measured, measured);
});

test("labels cover neither each other nor words, however dense the lines are", () => {
  for (const step of [0.05, 0.07, 0.1, 0.2]) {
    const { show, drawn } = setUp();
    const lines = [1, 2, 3, 4].map((row) => ({ ...TEXT, x: 0.1, w: 0.4, y: row * step, h: 0.045 }));
    show(1, lines);
    const boxes = lines.map(({ x, y, w, h }) => ({ x: x * 800, y: y * 600, width: w * 800, height: h * 600 }));
    const plates = drawn.plates.slice(0, 4).map(({ x, y, width, height }) => ({ x: x + 0.01, y: y + 0.01, width: width - 0.02, height: height - 0.02 }));
    assert.equal(plates.length, 4);
    plates.forEach((plate, i) => {
      const others = [...boxes, ...plates.filter((_, j) => j !== i)];
      assert.ok(!others.some((other) => overlap(plate, other)), `lines ${step} apart`);
    });
  }
});

test("words that are too long for their label are cut, and the score stays", () => {
  const { show, words } = setUp();
  show(1, [{ ...TEXT, x: 0.1, w: 0.1, h: 0.05, text: "word ".repeat(100) }]);
  const [long, score] = words();
  assert.ok(long.startsWith("word word") && long.endsWith("…") && long.length < 60);
  assert.equal(score, "97%");
});

test("a label that is cut ends at its box, on either side", () => {
  for (const mirrored of [false, true]) {
    const { overlay, drawn, show } = setUp();
    overlay.configure({ mirrored });
    const lines = [0, 1, 2].map((row) => ({ ...TEXT, x: 0.1, w: 0.7, y: 0.3 + 0.05 * row, h: 0.05, text: "word ".repeat(12) }));
    show(1, lines);
    const [x, , width] = drawn.boxes[3].box;
    const plates = drawn.plates.filter((plate) => Math.abs(plate.x - (x + width)) < 2 || Math.abs(plate.x + plate.width - x) < 2);
    assert.equal(plates.length, 1);
    assert.ok(plates[0].x >= 0 && plates[0].x + plates[0].width <= 800);
    assert.ok(drawn.words.some(({ words }) => words.endsWith("word…")));
  }
});
