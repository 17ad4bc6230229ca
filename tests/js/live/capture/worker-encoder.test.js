import assert from "node:assert/strict";
import { test } from "node:test";

import { JOB_TIMEOUT_MS, MOST_JOBS, WorkerEncoder, grabPicture } from "../../../../static/js/live/capture/worker-encoder.js";
import { FakeClock, seeded, settled } from "../../fakes.js";

const WANTED = { width: 640, height: 480, quality: 0.8 };

class FakeWorker {
  onmessage = null;
  onerror = null;
  onmessageerror = null;
  jobs = [];
  isTerminated = false;

  postMessage(job, transferred) {
    this.jobs.push({ ...job, transferred });
  }

  terminate() {
    this.isTerminated = true;
  }

  says(data) {
    this.onmessage({ data });
  }
}

/** Pictures that know whether they were closed; one that was handed over is the worker's to close. */
function setUp({ isReady = true } = {}) {
  const clock = new FakeClock();
  const workers = [];
  const grabbed = [];
  const encoder = new WorkerEncoder({
    createWorker: () => workers[workers.push(new FakeWorker()) - 1],
    grab: async () => grabbed[grabbed.push({ closed: 0, close() { this.closed += 1; } }) - 1],
    clock,
  });
  encoder.start();
  if (isReady) workers[0].says({ ready: true });
  return { clock, encoder, worker: workers[0], workers, grabbed };
}

test("is there once the worker says so, not before", () => {
  const { encoder, worker } = setUp({ isReady: false });
  assert.equal(encoder.isReady, false);
  worker.says({ ready: true });
  assert.equal(encoder.isReady, true);
});

test("starting twice makes one worker", () => {
  const { encoder, workers } = setUp();
  encoder.start();
  assert.equal(workers.length, 1);
});

test("a worker that has made many pictures is replaced by a new one, which works on", async () => {
  const { encoder, workers } = setUp();
  for (let number = 1; number <= MOST_JOBS; number += 1) {
    assert.equal(workers.length, 1);
    const made = encoder.encode({}, WANTED);
    await settled();
    workers[0].says({ id: number, jpeg: number });
    assert.equal(await made, number);
  }
  assert.equal(workers[0].isTerminated, true);
  assert.equal(encoder.isReady, false);
  workers[1].says({ ready: true });
  const next = encoder.encode({}, WANTED);
  await settled();
  workers[1].says({ id: MOST_JOBS + 1, jpeg: "next" });
  assert.equal(await next, "next");
  assert.equal(workers.length, 2);
});

test("hands a picture over and gets its JPEG", async () => {
  const { encoder, worker, grabbed, clock } = setUp();
  const made = encoder.encode({}, WANTED);
  await settled();
  const [job] = worker.jobs;
  assert.deepEqual(job, { id: 1, picture: grabbed[0], ...WANTED, transferred: [grabbed[0]] });
  worker.says({ id: 1, jpeg: "jpeg" });
  assert.equal(await made, "jpeg");
  assert.equal(clock.waiting, 0);
});

test("an answer to another picture is not taken for this one's", async () => {
  const { encoder, worker } = setUp();
  const made = encoder.encode({}, WANTED);
  await settled();
  worker.says({ id: 99, jpeg: "old" });
  worker.says({ id: 1, jpeg: "new" });
  assert.equal(await made, "new");
});

test("one picture at a time: a second one is closed and passed over", async () => {
  const { encoder, worker, grabbed } = setUp();
  const first = encoder.encode({}, WANTED);
  await settled();
  assert.equal(await encoder.encode({}, WANTED), null);
  assert.equal(grabbed[1].closed, 1);
  worker.says({ id: 1, jpeg: "jpeg" });
  assert.equal(await first, "jpeg");
});

for (const [what, happens] of [
  ["breaks", ({ worker }) => worker.onerror()],
  ["cannot read what it is given", ({ worker }) => worker.onmessageerror()],
  ["is stuck", ({ clock }) => clock.advance(JOB_TIMEOUT_MS)],
  ["is stopped", ({ encoder }) => encoder.stop()],
]) {
  test(`a worker that ${what} is left, and costs one picture`, async () => {
    const set = setUp();
    const made = set.encoder.encode({}, WANTED);
    await settled();
    happens(set);
    assert.equal(await made, null);
    assert.equal(set.encoder.isReady, false);
    assert.equal(set.worker.isTerminated, true);
    assert.equal(set.clock.waiting, 0);
  });
}

test("a worker that went while the picture was taken leaves no picture open", async () => {
  const { encoder, grabbed } = setUp();
  const made = encoder.encode({}, WANTED);
  encoder.stop();
  assert.equal(await made, null);
  assert.equal(grabbed[0].closed, 1);
});

test("a picture that cannot be handed over is closed", async () => {
  const { encoder, worker, grabbed } = setUp();
  worker.postMessage = () => { throw new Error("cannot be cloned"); };
  assert.equal(await encoder.encode({}, WANTED), null);
  assert.equal(grabbed[0].closed, 1);
  assert.equal(encoder.isReady, false);
});

test("a browser without workers, and one whose worker cannot draw, have none", () => {
  const none = new WorkerEncoder({ createWorker: () => { throw new Error("none"); }, grab: null, clock: new FakeClock() });
  none.start();
  assert.equal(none.isReady, false);
  const { encoder, worker } = setUp({ isReady: false });
  worker.says({ ready: false });
  assert.equal(encoder.isReady, false);
});

test("whatever happens, every picture is either handed over or closed", async () => {
  const random = seeded(7);
  for (let run = 0; run < 30; run += 1) {
    const { encoder, worker, grabbed, clock } = setUp();
    const made = [];
    for (let step = 0; step < 40; step += 1) {
      const dice = random();
      if (dice < 0.5) made.push(encoder.encode({}, WANTED));
      else if (dice < 0.8) worker.says({ id: worker.jobs.at(-1)?.id ?? 0, jpeg: "jpeg" });
      else if (dice < 0.82) worker.onerror?.();
      else if (dice < 0.84) clock.advance(JOB_TIMEOUT_MS);
      if (random() < 0.5) await settled();
    }
    encoder.stop();
    await Promise.all(made);
    const handed = new Set(worker.jobs.map(({ picture }) => picture));
    for (const picture of grabbed) assert.equal(picture.closed, handed.has(picture) ? 0 : 1);
  }
});

test("a picture is taken as a VideoFrame only where those know how they are turned", async () => {
  const shown = {};
  globalThis.createImageBitmap = async (video) => ["bitmap", video];
  assert.deepEqual(await grabPicture(shown), ["bitmap", shown]);
  globalThis.VideoFrame = class { constructor(video) { this.video = video; } };
  assert.deepEqual(await grabPicture(shown), ["bitmap", shown]);
  globalThis.VideoFrame = class { constructor(video) { this.video = video; } get rotation() { return 0; } };
  assert.equal((await grabPicture(shown)).video, shown);
  delete globalThis.VideoFrame;
  delete globalThis.createImageBitmap;
});

test("the worker itself says that it is there, answers every picture and closes it", async () => {
  const said = [];
  globalThis.self = { postMessage: (message) => said.push(message) };
  let drawn = 0;
  globalThis.OffscreenCanvas = class {
    getContext() {
      return { drawImage: (picture) => { if (picture.isBad) throw new Error("bad"); drawn += 1; } };
    }

    async convertToBlob() {
      return "jpeg";
    }
  };
  await import("../../../../static/js/live/capture/encoder-worker.js");
  const picture = (isBad) => ({ isBad, closed: 0, close() { this.closed += 1; } });
  const [good, bad] = [picture(false), picture(true)];
  await globalThis.self.onmessage({ data: { id: 1, picture: good, ...WANTED } });
  await globalThis.self.onmessage({ data: { id: 2, picture: bad, ...WANTED } });
  assert.deepEqual(said, [{ ready: true }, { id: 1, jpeg: "jpeg" }, { id: 2, jpeg: null }]);
  assert.deepEqual([drawn, good.closed, bad.closed], [1, 1, 1]);
  delete globalThis.self;
  delete globalThis.OffscreenCanvas;
});
