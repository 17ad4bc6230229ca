import assert from "node:assert/strict";
import { test } from "node:test";

import { Encoder } from "../../../../static/js/live/capture/encoder.js";
import { JpegCanvas } from "../../../../static/js/live/capture/jpeg-canvas.js";

const PLAN = { quality: 0.8, limit: { width: 640, height: 480 } };
const video = (width, height) => ({ videoWidth: width, videoHeight: height, readyState: 4 });

function fakeCanvas() {
  const drawn = [];
  const canvas = {
    width: 300,
    height: 150,
    drawn,
    getContext: () => ({ drawImage: (_picture, ...place) => drawn.push(place) }),
    toBlob: (done, type, quality) => done({ type, quality, size: [canvas.width, canvas.height] }),
  };
  return canvas;
}

/** A worker that is ready and does what `encode` says. */
function fakeWorker(encode) {
  return {
    isReady: true,
    asked: 0,
    async encode(...given) {
      this.asked += 1;
      return encode(...given);
    },
    stop() {
      this.isReady = false;
    },
  };
}

const noWorker = () => ({ isReady: false, stop: () => {} });

test("frames keep the shape of the picture, upright too, and at every limit", async () => {
  const canvas = fakeCanvas();
  const encoder = new Encoder({ page: new JpegCanvas(canvas), worker: noWorker() });
  const wide = await encoder.encode(video(1280, 720), PLAN);
  assert.deepEqual(wide, {
    jpeg: { type: "image/jpeg", quality: 0.8, size: [640, 360] },
    size: { width: 640, height: 360 },
  });
  const upright = await encoder.encode(video(960, 1280), { quality: 0.5, limit: { width: 320, height: 240 } });
  assert.deepEqual(upright.size, { width: 240, height: 320 });
  assert.equal(upright.jpeg.quality, 0.5);
  assert.deepEqual(canvas.drawn, [[0, 0, 640, 360], [0, 0, 240, 320]]);
});

test("nothing is made of a source that shows nothing yet", async () => {
  const encoder = new Encoder({ page: new JpegCanvas(fakeCanvas()), worker: noWorker() });
  assert.equal(await encoder.encode(video(0, 0), PLAN), null);
  assert.equal(await encoder.encode({ ...video(640, 480), readyState: 1 }, PLAN), null);
});

test("a canvas that the browser cannot draw on, or makes nothing of, gives nothing", async () => {
  const broken = new JpegCanvas({ getContext: () => null });
  assert.equal(broken.works, false);
  assert.equal(await broken.encode({}, { width: 1, height: 1, quality: 1 }), null);
  const empty = new JpegCanvas({ ...fakeCanvas(), toBlob: (done) => done(null) });
  const encoder = new Encoder({ page: empty, worker: noWorker() });
  assert.equal(await encoder.encode(video(640, 480), PLAN), null);
});

test("the canvas of a worker makes the same", async () => {
  const canvas = { width: 1, height: 1, getContext: () => ({ drawImage: () => {} }), convertToBlob: async (how) => how };
  const jpeg = await new JpegCanvas(canvas).encode({}, { width: 64, height: 48, quality: 0.7 });
  assert.deepEqual(jpeg, { type: "image/jpeg", quality: 0.7 });
  assert.deepEqual([canvas.width, canvas.height], [64, 48]);
});

test("the worker is asked where there is one", async () => {
  const worker = fakeWorker((_video, wanted) => wanted);
  const encoder = new Encoder({ page: new JpegCanvas(fakeCanvas()), worker });
  assert.equal(encoder.place, "worker");
  const { jpeg, size } = await encoder.encode(video(1280, 960), PLAN);
  assert.deepEqual(jpeg, { width: 640, height: 480, quality: 0.8 });
  assert.deepEqual(size, { width: 640, height: 480 });
});

test("the page takes over at once where a picture cannot be handed over, and for good after the third", async () => {
  const worker = fakeWorker(() => { throw new Error("no frame"); });
  const encoder = new Encoder({ page: new JpegCanvas(fakeCanvas()), worker });
  for (let i = 0; i < 5; i += 1) assert.ok(await encoder.encode(video(640, 480), PLAN));
  assert.equal(worker.asked, 3);
  assert.equal(encoder.place, "page");
});

test("now and then a picture that cannot be handed over costs nothing", async () => {
  let calls = 0;
  const worker = fakeWorker(() => {
    calls += 1;
    if (calls % 2) throw new Error("no frame");
    return "jpeg";
  });
  const encoder = new Encoder({ page: new JpegCanvas(fakeCanvas()), worker });
  for (let i = 0; i < 20; i += 1) assert.ok(await encoder.encode(video(640, 480), PLAN));
  assert.equal(encoder.place, "worker");
});
