import assert from "node:assert/strict";
import { test } from "node:test";

import { Lettering, MOST_WIDTHS } from "../../../../static/js/live/overlay/lettering.js";

const FONT = "600 10px sans-serif";

/** Every letter is ten wide. */
function setUp() {
  const asked = [];
  const context = {
    font: "",
    measureText: (words) => {
      asked.push([context.font, words]);
      return { width: [...words].length * 10 };
    },
  };
  return { lettering: new Lettering(context), asked };
}

test("the same words in the same font are measured once", () => {
  const { lettering, asked } = setUp();
  for (let i = 0; i < 3; i += 1) assert.equal(lettering.widthOf("four", FONT), 40);
  lettering.widthOf("four", "500 12px serif");
  assert.deepEqual(asked, [[FONT, "four"], ["500 12px serif", "four"]]);
});

test("remembers a bounded number of widths", () => {
  const { lettering, asked } = setUp();
  for (let i = 0; i <= MOST_WIDTHS; i += 1) lettering.widthOf(`words ${i}`, FONT);
  lettering.widthOf("words 0", FONT);
  assert.equal(asked.length, MOST_WIDTHS + 2);
});

test("words are cut to the room that they have, letter by letter", () => {
  const { lettering } = setUp();
  const cut = (words, room) => lettering.fit(words, FONT, room);
  assert.equal(cut("exact", 50), "exact");
  assert.equal(cut("longer", 50), "long…");
  assert.equal(cut("two words", 50), "two…");
  assert.equal(cut("😀😀😀😀", 30), "😀😀…");
  assert.equal(cut("no. 1234567", 50), "no…");
  assert.equal(cut("none", 5), "…");
  assert.equal(cut("", -5), "");
});
