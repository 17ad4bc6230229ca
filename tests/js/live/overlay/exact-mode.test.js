import assert from "node:assert/strict";
import { test } from "node:test";

import { BUS, setUp } from "./set-up.js";

// Each answer is drawn over its own picture.

async function exact() {
  const objects = setUp();
  objects.overlay.configure({ mode: "exact" });
  objects.screen.frame();
  objects.show(1, [BUS]);
  await objects.decoder.finish();
  objects.screen.frame();
  return objects;
}

test("in exact mode a picture and its boxes come in the same paint", async () => {
  const objects = await exact();
  objects.overlay.show(objects.frameOf(2, [{ ...BUS, x: 0.5 }]));
  objects.screen.frame();
  assert.equal(objects.drawn.boxes.at(-1).box[0], 80);
  assert.equal(objects.picture.pictures.at(-1).picture.jpeg, "jpeg 1");
  await objects.decoder.finish();
  assert.equal(objects.drawn.boxes.at(-1).box[0], 80);
  objects.screen.frame();
  assert.equal(objects.drawn.boxes.at(-1).box[0], 400);
  assert.deepEqual(objects.picture.pictures.map(({ picture }) => picture.jpeg), ["jpeg 2"]);
  assert.deepEqual(objects.picture.pictures[0].rect, [0, 0, 800, 600]);
  assert.deepEqual(objects.told, [1, 2]);
});

test("in exact mode boxes stay where they were found", async () => {
  const objects = await exact();
  for (let i = 2; i < 10; i += 1) {
    objects.clock.advance(66);
    objects.overlay.show(objects.frameOf(i, [{ ...BUS, x: 0.1 + 0.02 * i }]));
    await objects.decoder.finish();
    objects.screen.frame();
  }
  objects.watch(300);
  assert.ok(Math.abs(objects.drawn.boxes.at(-1).box[0] - 800 * 0.28) < 1e-9);
});

test("in a mirror the frame's picture is mirrored like its boxes", async () => {
  const objects = await exact();
  objects.overlay.configure({ mirrored: true });
  objects.screen.frame();
  const { transform, rect } = objects.picture.pictures.at(-1);
  assert.deepEqual([transform, rect], [[-2, 0, 0, 2, 800, 0], [0, 0, 800, 600]]);
});

test("a frame lies where its own shape has it, though the camera was turned since", async () => {
  const objects = await exact();
  objects.overlay.show(objects.frameOf(2, [{ ...BUS, x: 0, y: 0, w: 1, h: 1 }]));
  await objects.decoder.finish({ width: 480, height: 640 });
  objects.screen.frame();
  assert.deepEqual(objects.drawn.boxes.at(-1).box, [175, 0, 450, 600]);
  assert.deepEqual(objects.picture.pictures.at(-1).rect, [175, 0, 450, 600]);
});

test("leaving exact mode while streaming leaves no picture behind", async () => {
  const objects = await exact();
  objects.overlay.show(objects.frameOf(2, [{ ...BUS, x: 0.5 }]));
  objects.overlay.configure({ mode: "live" });
  objects.screen.frame();
  assert.deepEqual(objects.picture.pictures, []);
  assert.equal(objects.drawn.boxes.at(-1).box[0], 400);
  await objects.decoder.finish();
  objects.screen.frame();
  assert.deepEqual(objects.picture.pictures, []);
  assert.deepEqual(objects.decoder.open, []);
});

test("entering exact mode shows the frame that is there, and tells of it no second time", async () => {
  const objects = setUp();
  objects.show(1, [BUS]);
  objects.overlay.configure({ mode: "exact" });
  objects.screen.frame();
  assert.deepEqual([objects.drawn.boxes.length, objects.picture.pictures.length], [2, 0]);
  await objects.decoder.finish();
  objects.screen.frame();
  assert.equal(objects.picture.pictures.length, 1);
  assert.deepEqual(objects.told, [1]);
});

test("stopping in exact mode clears both canvases and lets go of the picture", async () => {
  const objects = await exact();
  objects.overlay.show(objects.frameOf(2, [BUS]));
  objects.overlay.show(null);
  objects.screen.frame();
  await objects.decoder.finish();
  objects.screen.frame();
  assert.deepEqual([objects.drawn.boxes, objects.picture.pictures], [[], []]);
  assert.deepEqual(objects.decoder.open, []);
});

test("a resize in exact mode paints picture and boxes anew, at once", async () => {
  const objects = await exact();
  objects.overlay.resize({ width: 400, height: 300 }, 1);
  assert.deepEqual(objects.picture.pictures.at(-1).rect, [0, 0, 400, 300]);
  assert.equal(objects.drawn.boxes.at(-1).box[0], 40);
});
