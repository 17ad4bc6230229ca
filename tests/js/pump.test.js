import assert from "node:assert/strict";
import { test } from "node:test";

import { Encoder, JPEG_QUALITY } from "../../static/js/encoder.js";
import { Pacing } from "../../static/js/pacing.js";
import { FramePump } from "../../static/js/pump.js";
import { settled } from "./fakes.js";

function setUp({ encode = async () => "jpeg", isOpen = true } = {}) {
  const time = { ms: 0 };
  const pacing = new Pacing(() => time.ms);
  pacing.restart();
  const socket = { isOpen, sent: [], send(blob) { return this.isOpen && this.sent.push(blob) > 0; } };
  let callbacks = [];
  const pump = new FramePump({
    onNextPicture: (callback) => callbacks.push(callback), encode, socket, pacing, now: () => time.ms,
  });
  const picture = async () => {
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
    await settled();
  };
  return { time, pacing, socket, pump, picture };
}

test("sends a picture when one comes and the pacing allows it", async () => {
  const { pump, picture, socket, pacing, time } = setUp();
  pump.start();
  assert.equal(socket.sent.length, 0);
  await picture();
  assert.deepEqual(socket.sent, ["jpeg"]);
  await picture();
  assert.equal(socket.sent.length, 1);
  time.ms = 30;
  assert.equal(pacing.answered(1, false), 30);
  await picture();
  assert.equal(socket.sent.length, 2);
});

test("sends nothing without a session, and no frame is counted", async () => {
  const { pump, picture, socket, pacing } = setUp({ isOpen: false });
  pump.start();
  await picture();
  assert.equal(socket.sent.length, 0);
  socket.isOpen = true;
  await picture();
  assert.equal(socket.sent.length, 1);
  assert.equal(pacing.unanswered, 1);
});

test("a session lost while a picture is encoded costs that picture only", async () => {
  let done = () => {};
  const { pump, picture, socket, pacing } = setUp({ encode: () => new Promise((resolve) => { done = resolve; }) });
  pump.start();
  await picture();
  socket.isOpen = false;
  done("jpeg");
  await settled();
  assert.equal(socket.sent.length, 0);
  assert.equal(pacing.unanswered, 0);
});

test("encodes one picture at a time", async () => {
  let encoding = 0;
  const { pump, picture, time } = setUp({ encode: () => { encoding += 1; return new Promise(() => {}); } });
  pump.start();
  for (let i = 0; i < 5; i += 1) {
    time.ms += 2000;
    await picture();
  }
  assert.equal(encoding, 1);
});

test("a picture that cannot be made is passed over", async () => {
  const blobs = [null, "jpeg"];
  const { pump, picture, socket } = setUp({ encode: async () => blobs.shift() ?? null });
  pump.start();
  await picture();
  assert.equal(socket.sent.length, 0);
  await picture();
  assert.deepEqual(socket.sent, ["jpeg"]);
});

test("after stop nothing is sent, not even what was being encoded; after a new start one stream runs", async () => {
  let done = () => {};
  const { pump, picture, socket, time } = setUp({ encode: () => new Promise((resolve) => { done = resolve; }) });
  pump.start();
  await picture();
  pump.stop();
  done("old");
  await settled();
  await picture();
  assert.deepEqual(socket.sent, []);
  pump.start();
  time.ms += 5000;
  await picture();
  done("new");
  await settled();
  assert.deepEqual(socket.sent, ["new"]);
});

function fakeCanvas() {
  const drawn = [];
  const canvas = {
    width: 300,
    height: 150,
    drawn,
    getContext: () => ({ drawImage: (_video, ...place) => drawn.push(place) }),
    toBlob: (done, type, quality) => done({ type, quality, size: [canvas.width, canvas.height] }),
  };
  return canvas;
}

test("the encoder keeps the shape of the picture, upright too", async () => {
  const canvas = fakeCanvas();
  const encoder = new Encoder(canvas);
  const wide = await encoder.encode({ videoWidth: 1280, videoHeight: 720 });
  assert.deepEqual(wide, { type: "image/jpeg", quality: JPEG_QUALITY, size: [640, 360] });
  const upright = await encoder.encode({ videoWidth: 480, videoHeight: 640 });
  assert.deepEqual(upright.size, [480, 640]);
  assert.deepEqual(canvas.drawn, [[0, 0, 640, 360], [0, 0, 480, 640]]);
});

test("the encoder makes nothing of a camera that shows nothing yet", async () => {
  assert.equal(await new Encoder(fakeCanvas()).encode({ videoWidth: 0, videoHeight: 0 }), null);
});
