import assert from "node:assert/strict";
import { test } from "node:test";

import {
  DEFAULTS, LAYERS, addressWith, isMirrored, layersOf, readOptions, sizeOf, turnedMirror,
} from "../../../static/js/live/options.js";

const CHOSEN = {
  pipeline: "ocr_only", source: "screen", facing: "user", mirror: "off", mode: "exact", hide: ["labels", "trails"],
  score: 0.35, size: "320x240", quality: 0.6, fps: 5,
};

test("an address without a query means the defaults", () => {
  assert.deepEqual(readOptions(""), { ...DEFAULTS });
  assert.equal(addressWith("http://host/", DEFAULTS), "http://host/");
});

test("every option survives the way into an address and back", () => {
  const address = addressWith("http://host/?x=1#top", CHOSEN);
  assert.deepEqual(readOptions(new URL(address).search), CHOSEN);
  assert.match(address, /\?x=1&.*hide=labels,trails.*#top$/);
});

test("what goes back to its default leaves the address", () => {
  const address = addressWith("http://host/", CHOSEN);
  assert.equal(addressWith(address, { ...DEFAULTS, fps: 5 }), "http://host/?fps=5");
});

test("a pipeline's id is written as it is, whatever is in it", () => {
  const address = addressWith("http://host/?pipeline=old", { ...DEFAULTS, pipeline: "a&b c" });
  assert.equal(readOptions(new URL(address).search).pipeline, "a&b c");
});

for (const bad of [
  "source=teapot", "facing=up", "mirror=yes", "mode=LIVE", "hide=everything,,", "score=2", "score=-1", "score=", "score=x",
  "score=NaN", "size=9x9", "size=640", "quality=0", "quality=Infinity", "fps=7", "fps=", "fps=15fps", "unknown=1",
]) {
  test(`${bad} counts as not said`, () => {
    assert.deepEqual(readOptions(`?${bad}`), { ...DEFAULTS });
  });
}

test("layers are drawn unless they are hidden", () => {
  assert.deepEqual(Object.keys(layersOf(DEFAULTS)), [...LAYERS]);
  assert.ok(Object.values(layersOf(DEFAULTS)).every((drawn) => drawn));
  assert.deepEqual([layersOf(CHOSEN).labels, layersOf(CHOSEN).boxes], [false, true]);
});

test("a size is a width and a height", () => {
  assert.deepEqual(sizeOf("960x720"), { width: 960, height: 720 });
});

test("people see themselves as in a mirror, and nothing else, unless they say so", () => {
  assert.deepEqual(["user", "environment", ""].map((facing) => isMirrored("auto", facing)), [true, false, false]);
  assert.deepEqual([isMirrored("on", "environment"), isMirrored("off", "user")], [true, false]);
});

for (const [mirror, facing, turned] of [
  ["auto", "user", "off"], ["off", "user", "auto"], ["on", "user", "off"],
  ["auto", "environment", "on"], ["on", "environment", "auto"], ["off", "environment", "on"],
]) {
  test(`the mirror turns from ${mirror} to ${turned} where the camera faces the ${facing}`, () => {
    assert.equal(turnedMirror(mirror, facing), turned);
    assert.notEqual(isMirrored(turned, facing), isMirrored(mirror, facing));
  });
}
