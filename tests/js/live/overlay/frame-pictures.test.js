import assert from "node:assert/strict";
import { test } from "node:test";

import { FramePictures } from "../../../../static/js/live/overlay/frame-pictures.js";
import { FakeDecoder } from "../../canvas.js";

function setUp() {
  const decoder = new FakeDecoder();
  const shown = [];
  const pictures = new FramePictures({ decode: decoder.decode, ready: ({ jpeg }) => shown.push([jpeg, pictures.bitmap.jpeg]) });
  return { decoder, shown, pictures, take: (jpeg) => pictures.take({ jpeg }) };
}

test("a frame is ready with its own picture", async () => {
  const { decoder, shown, take } = setUp();
  take("first");
  assert.deepEqual(shown, []);
  await decoder.finish();
  assert.deepEqual(shown, [["first", "first"]]);
});

test("of the frames that come while one is decoded the newest wins", async () => {
  const { decoder, shown, take } = setUp();
  for (const name of ["one", "two", "three", "four"]) take(name);
  assert.deepEqual(decoder.waiting, ["one"]);
  await decoder.finish();
  assert.deepEqual(decoder.waiting, ["four"]);
  await decoder.finish();
  assert.deepEqual(shown.map(([frame]) => frame), ["one", "four"]);
  assert.deepEqual(decoder.waiting, []);
});

test("holds one picture at a time and lets go of the others", async () => {
  const { decoder, take } = setUp();
  for (let i = 0; i < 20; i += 1) {
    take(`frame ${i}`);
    await decoder.finish();
  }
  assert.deepEqual(decoder.open, ["frame 19"]);
});

test("after clearing nothing is held, and what was on its way is thrown away", async () => {
  const { decoder, shown, pictures, take } = setUp();
  take("shown");
  await decoder.finish();
  take("on its way");
  take("waiting");
  pictures.clear();
  assert.equal(pictures.bitmap, null);
  await decoder.finish();
  assert.deepEqual(decoder.open, []);
  assert.deepEqual(decoder.waiting, []);
  assert.equal(shown.length, 1);
});

test("a frame that comes after clearing is shown, though an old one is still being decoded", async () => {
  const { decoder, shown, pictures, take } = setUp();
  take("old");
  pictures.clear();
  take("new");
  await decoder.finish();
  await decoder.finish();
  assert.deepEqual(shown, [["new", "new"]]);
  assert.deepEqual(decoder.open, ["new"]);
});

test("a picture that cannot be decoded is left out, and the next one comes", async () => {
  const { decoder, shown, take } = setUp();
  take("good");
  await decoder.finish();
  take("bad");
  take("next");
  await decoder.fail();
  await decoder.finish();
  assert.deepEqual(shown.map(([frame]) => frame), ["good", "next"]);
});
