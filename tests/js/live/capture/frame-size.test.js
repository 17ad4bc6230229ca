import assert from "node:assert/strict";
import { test } from "node:test";

import { frameSize } from "../../../../static/js/live/capture/frame-size.js";
import { seeded } from "../../fakes.js";

for (const [picture, sent] of [
  [[640, 480], [640, 480]],
  [[1280, 960], [640, 480]],
  [[1920, 1080], [640, 360]],
  [[480, 640], [480, 640]],
  [[1080, 1920], [360, 640]],
  [[320, 240], [320, 240]],
  [[1000, 1000], [480, 480]],
  [[5000, 2], [640, 1]],
]) {
  test(`a picture of ${picture.join("x")} is sent as ${sent.join("x")}`, () => {
    const size = frameSize({ width: picture[0], height: picture[1] });
    assert.deepEqual([size.width, size.height], sent);
  });
}

test("a sent frame keeps the shape of its picture and never grows", () => {
  const random = seeded(1);
  for (let i = 0; i < 500; i += 1) {
    const picture = { width: 200 + Math.floor(random() * 4000), height: 200 + Math.floor(random() * 4000) };
    const sent = frameSize(picture);
    assert.ok(sent.width <= picture.width && sent.height <= picture.height);
    assert.ok(Math.max(sent.width, sent.height) <= 640 && Math.min(sent.width, sent.height) <= 480);
    const exact = (sent.width * picture.height) / picture.width;
    assert.ok(Math.abs(exact - sent.height) <= 1 + picture.height / picture.width, JSON.stringify({ picture, sent }));
  }
});

test("the limit is turned as the picture is, and may be changed", () => {
  const upright = { width: 960, height: 1280 };
  assert.deepEqual(frameSize(upright, { width: 320, height: 240 }), { width: 240, height: 320 });
  assert.deepEqual(frameSize(upright, { width: 240, height: 320 }), { width: 240, height: 320 });
  assert.deepEqual(frameSize(upright, { width: 1280, height: 960 }), upright);
});
