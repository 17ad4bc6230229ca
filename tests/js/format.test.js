import assert from "node:assert/strict";
import { test } from "node:test";

import { INK, PALETTE, colourOf } from "../../static/js/colours.js";
import { caption, countdown, milliseconds, percent } from "../../static/js/format.js";

const BOX = { x: 0, y: 0, w: 1, h: 1 };

test("scores are per cent, whatever the server sends", () => {
  assert.deepEqual([0, 0.925, 1, 1.2, -1].map(percent), ["0%", "93%", "100%", "100%", "0%"]);
});

test("delays are readable", () => {
  assert.deepEqual([0.4, 38.2, 999, 1240].map(milliseconds), ["0 ms", "38 ms", "999 ms", "1.2 s"]);
});

test("a countdown never says zero", () => {
  assert.deepEqual([2900, 1000, 10, -500].map(countdown), ["in 3 s", "in 1 s", "in 1 s", "in 1 s"]);
});

for (const [detection, words] of [
  [{ label: "bus", score: 0.87 }, "bus 87%"],
  [{ label: "person", score: 0.5, trackId: 7 }, "person #7 50%"],
  [{ label: "text", score: 0.9, text: "NO ENTRY", textScore: 0.97 }, "NO ENTRY 97%"],
  [{ label: "text", score: 0.9, text: "NO ENTRY" }, "NO ENTRY 90%"],
  [{ label: "plate", score: 0.9, text: "B-XY 12", textScore: 0.8 }, "plate: B-XY 12 80%"],
  [{ label: "", score: 0.5 }, "50%"],
]) {
  test(`the caption of ${words}`, () => assert.equal(caption({ ...BOX, ...detection }), words));
}

test("a label keeps its colour, and labels spread over the palette", () => {
  assert.equal(colourOf("person"), colourOf("person"));
  const labels = ["person", "bus", "car", "dog", "text", "cat", "tie", "cup", "bench", "kite"];
  assert.ok(new Set(labels.map(colourOf)).size >= 5);
  assert.ok(PALETTE.includes(colourOf("")));
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
