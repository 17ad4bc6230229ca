import assert from "node:assert/strict";
import { test } from "node:test";

import { Pacing } from "../../../../static/js/live/transport/pacing.js";
import { FramePump, REPEAT_MS } from "../../../../static/js/live/transport/frame-pump.js";
import { Quality } from "../../../../static/js/live/capture/quality.js";
import { settled } from "../../fakes.js";

const SIZE = { width: 640, height: 480 };
const encoded = (jpeg = "jpeg") => ({ jpeg, size: SIZE });

function setUp({ encode = async () => encoded(), isOpen = true } = {}) {
  const time = { ms: 0 };
  const now = () => time.ms;
  const pacing = new Pacing(now);
  pacing.restart();
  const quality = new Quality(now);
  quality.reset();
  const socket = { isOpen, bufferedAmount: 0, sent: [], send(blob) { return this.isOpen && this.sent.push(blob) > 0; } };
  const sent = [];
  let callbacks = [];
  const pump = new FramePump({
    onNextPicture: (callback) => callbacks.push(callback),
    encode, socket, pacing, quality, now,
    sent: (frameIndex, frame) => sent.push({ frameIndex, ...frame }),
  });
  const picture = async (takenAt) => {
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback(takenAt);
    await settled();
  };
  return { time, pacing, quality, socket, pump, picture, sent, asked: () => callbacks.length };
}

/** An encoder whose pictures are ready when the test says so. */
function slowly() {
  const waiting = [];
  const encode = () => new Promise((resolve) => waiting.push((jpeg) => resolve(encoded(jpeg))));
  return { encode, done: (jpeg) => waiting.shift()(jpeg), waiting };
}

test("sends a picture when one comes and the pacing allows it, and tells which", async () => {
  const { pump, picture, socket, pacing, time, sent } = setUp();
  pump.start();
  assert.equal(socket.sent.length, 0);
  await picture();
  assert.deepEqual(sent, [{ frameIndex: 1, jpeg: "jpeg", size: SIZE, takenAt: 0 }]);
  await picture();
  assert.equal(socket.sent.length, 1);
  time.ms = 30;
  assert.equal(pacing.answered(1, false), 30);
  await picture();
  assert.deepEqual(sent.map(({ frameIndex }) => frameIndex), [1, 2]);
});

for (const [what, told, believed] of [
  ["the camera's own time is taken", 4950, 4950],
  ["a time to come is not believed", 5001, 5000],
  ["a time of another clock is not believed", 120, 5000],
  ["without one, it is now", undefined, 5000],
]) {
  test(`when a picture was taken: ${what}`, async () => {
    const { pump, picture, sent, time } = setUp();
    pump.start();
    time.ms = 5000;
    await picture(told);
    assert.equal(sent[0].takenAt, believed);
  });
}

test("pictures are made as the quality says, which hears what is unsent at every picture", async () => {
  const plans = [];
  const set = setUp({ encode: async (plan) => { plans.push(plan); return encoded(); } });
  set.pump.start();
  set.socket.bufferedAmount = 50_000;
  for (; set.time.ms < 2000; set.time.ms += 33) await set.picture();
  assert.ok(set.quality.level > 0);
  assert.deepEqual(plans[0], { quality: 0.8, limit: SIZE });
  assert.ok(plans.at(-1).quality < 0.8);
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
  const { encode, done } = slowly();
  const { pump, picture, socket, pacing, sent } = setUp({ encode });
  pump.start();
  await picture();
  socket.isOpen = false;
  done("jpeg");
  await settled();
  assert.deepEqual([socket.sent.length, pacing.unanswered, sent.length], [0, 0, 0]);
});

test("encodes one picture at a time", async () => {
  const { encode, waiting } = slowly();
  const { pump, picture, time } = setUp({ encode });
  pump.start();
  for (let i = 0; i < 5; i += 1) {
    time.ms += 2000;
    await picture();
  }
  assert.equal(waiting.length, 1);
});

test("a picture that cannot be made is passed over", async () => {
  const made = [null, encoded()];
  const { pump, picture, socket } = setUp({ encode: async () => made.shift() ?? null });
  pump.start();
  await picture();
  assert.equal(socket.sent.length, 0);
  await picture();
  assert.deepEqual(socket.sent, ["jpeg"]);
});

test("after stop nothing is sent, not even what was being encoded; after a new start one stream runs", async () => {
  const { encode, done } = slowly();
  const { pump, picture, socket, time } = setUp({ encode });
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

test("asking anew for the next picture makes no second stream", async () => {
  const { pump, picture, asked } = setUp();
  pump.start();
  pump.start();
  pump.start();
  await picture();
  assert.equal(asked(), 1);
});

test("knows for how long there was no new picture, while it runs", async () => {
  const { pump, picture, time } = setUp();
  assert.equal(pump.stillMs, 0);
  time.ms = 5000;
  pump.start();
  time.ms = 5400;
  assert.equal(pump.stillMs, 400);
  await picture();
  assert.equal(pump.stillMs, 0);
  time.ms = 9000;
  pump.stop();
  assert.equal(pump.stillMs, 0);
});

test("a picture that stands still is sent again once a second, and not while pictures come or nothing runs", async () => {
  const { pump, picture, socket, pacing, time, sent } = setUp();
  pump.repeat();
  pump.start();
  await picture();
  pacing.answered(1, false);
  for (const ms of [500, 999, REPEAT_MS]) {
    time.ms = ms;
    pump.repeat();
    await settled();
    assert.equal(socket.sent.length, ms < REPEAT_MS ? 1 : 2);
  }
  assert.equal(sent[1].takenAt, REPEAT_MS);
  pump.stop();
  time.ms = 9000;
  pump.repeat();
  await settled();
  assert.equal(socket.sent.length, 2);
});
