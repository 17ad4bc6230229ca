import assert from "node:assert/strict";
import { test } from "node:test";

import { INK, PALETTE, colourOf } from "../../../static/js/shared/colours.js";
import { captionOf, confidenceOf, countdown, milliseconds, percent, timeOfDay } from "../../../static/js/shared/format.js";

const BOX = { x: 0, y: 0, w: 1, h: 1 };

test("scores are per cent, whatever the server sends", () => {
  assert.deepEqual([0, 0.925, 1, 1.2, -1].map(percent), ["0%", "93%", "100%", "100%", "0%"]);
});

test("delays are readable", () => {
  assert.deepEqual([0.4, 38.2, 999, 999.6, 1240].map(milliseconds), ["0 ms", "38 ms", "999 ms", "1.0 s", "1.2 s"]);
});

test("a countdown never says zero", () => {
  assert.deepEqual([2900, 1000, 10, -500].map(countdown), ["in 3 s", "in 1 s", "in 1 s", "in 1 s"]);
});

const ALL = { labels: true, scores: true, text: true, tracks: true };
const PLATE = { label: "plate", score: 0.9, text: "B-XY 12", textScore: 0.8, trackId: 4 };

for (const [detection, words, score] of [
  [{ label: "bus", score: 0.87 }, "bus", "87%"],
  [{ label: "person", score: 0.5, trackId: 7 }, "person #7", "50%"],
  [{ label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97 }, "NO ENTRY", "97%"],
  [{ label: "text", score: 0.9, text: "NO ENTRY" }, "NO ENTRY", "90%"],
  [{ label: "text", score: 0.9, text: "NO ENTRY", trackId: 3 }, "#3: NO ENTRY", "90%"],
  [PLATE, "plate #4: B-XY 12", "80%"],
  [{ label: "", score: 0.5 }, "", "50%"],
]) {
  test(`the caption of ${words || "nothing"}`, () => {
    assert.deepEqual(captionOf({ ...BOX, ...detection }, ALL), { words, score });
  });
}

for (const [layers, words, score] of [
  [{ ...ALL, scores: false }, "plate #4: B-XY 12", ""],
  [{ ...ALL, labels: false }, "#4: B-XY 12", "80%"],
  [{ ...ALL, tracks: false }, "plate: B-XY 12", "80%"],
  [{ ...ALL, text: false }, "plate #4", "80%"],
  [{ labels: false, tracks: false, text: false, scores: false }, "", ""],
]) {
  test(`a caption says what is wanted: ${words || "nothing"} ${score}`, () => {
    assert.deepEqual(captionOf({ ...BOX, ...PLATE }, layers), { words, score });
  });
}

test("without its words a line of text is called text", () => {
  const line = { ...BOX, label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97 };
  assert.equal(captionOf(line, { ...ALL, text: false }).words, "text");
});

test("the confidence is the one that is shown", () => {
  assert.equal(confidenceOf(PLATE), 0.8);
  assert.equal(confidenceOf({ score: 0.6 }), 0.6);
  assert.equal(confidenceOf({ score: 0.6, text: "A" }), 0.6);
});

test("the time of day has two digits each", () => {
  assert.equal(timeOfDay(new Date(2024, 0, 1, 7, 3, 9)), "07:03:09");
});

test("a label keeps its colour, and the first labels have colours of their own", () => {
  const labels = ["person", "bus", "car", "dog", "text", "cat", "tie", "cup", "bench", "kite"];
  const colours = labels.map((label) => colourOf(label));
  assert.equal(new Set(colours).size, labels.length);
  for (let i = 0; i < 1000; i += 1) assert.ok(PALETTE.includes(colourOf(`label ${i}`)));
  assert.deepEqual(labels.map((label) => colourOf(label)), colours);
  assert.ok(PALETTE.includes(colourOf("")));
});

test("the tracks of one label have shades of its colour, each always the same", () => {
  const shades = [1, 2, 3, 4, -1, 2.5, 1e12].map((trackId) => colourOf("person", trackId));
  assert.equal(new Set(shades.slice(0, 3)).size, 3);
  assert.ok(shades.every((shade) => PALETTE.includes(shade)));
  assert.equal(colourOf("person", 4), shades[0]);
  assert.ok(!shades.includes(colourOf("bus", 1)));
});

test("what is written on a colour of the palette has AAA contrast", () => {
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (hex) => {
    const [r, g, b] = [1, 3, 5].map((start) => channel(parseInt(hex.slice(start, start + 2), 16) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const colour of PALETTE) {
    assert.ok((luminance(colour) + 0.05) / (luminance(INK) + 0.05) >= 7, colour);
  }
});
