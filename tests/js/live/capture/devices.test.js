import assert from "node:assert/strict";
import { test } from "node:test";

import { Devices } from "../../../../static/js/live/capture/devices.js";
import { settled } from "../../fakes.js";

const camera = (deviceId, label = "") => ({ kind: "videoinput", deviceId, label });

class MediaDevices extends EventTarget {
  present = [];

  async enumerateDevices() {
    return this.present;
  }
}

function setUp() {
  const mediaDevices = new MediaDevices();
  const seen = [];
  const devices = new Devices({ mediaDevices, changed: (known) => seen.push(known) });
  return { mediaDevices, devices, seen };
}

test("lists cameras only, by name where they have one", async () => {
  const { mediaDevices, devices, seen } = setUp();
  mediaDevices.present = [{ kind: "audioinput", deviceId: "m", label: "Mic" }, camera("a", "Front"), camera("b")];
  await devices.refresh();
  assert.deepEqual(seen, [[{ id: "a", label: "Front" }, { id: "b", label: "Camera 2" }]]);
  assert.ok(Object.isFrozen(seen[0]));
});

test("before the permission there is nothing to choose; the same list is told once", async () => {
  const { mediaDevices, devices, seen } = setUp();
  mediaDevices.present = [camera("")];
  await devices.refresh();
  assert.deepEqual(seen, []);
  mediaDevices.present = [camera("a")];
  await devices.refresh();
  await devices.refresh();
  assert.equal(seen.length, 1);
});

test("a camera that comes or goes is noticed, until nobody listens any more", async () => {
  const { mediaDevices, devices, seen } = setUp();
  const listening = new AbortController();
  devices.watch(listening.signal);
  await settled();
  mediaDevices.present = [camera("a")];
  mediaDevices.dispatchEvent(new Event("devicechange"));
  await settled();
  mediaDevices.present = [];
  mediaDevices.dispatchEvent(new Event("devicechange"));
  await settled();
  assert.deepEqual(seen.map((known) => known.length), [1, 0]);
  listening.abort();
  mediaDevices.present = [camera("a")];
  mediaDevices.dispatchEvent(new Event("devicechange"));
  await settled();
  assert.equal(seen.length, 2);
});

test("a browser without cameras, or one that refuses to list them, has none", async () => {
  const seen = [];
  const changed = (known) => seen.push(known);
  const refuses = { enumerateDevices: async () => { throw new Error("no"); } };
  for (const mediaDevices of [undefined, {}, refuses]) {
    const devices = new Devices({ mediaDevices, changed });
    devices.watch(new AbortController().signal);
    await devices.refresh();
  }
  assert.deepEqual(seen, []);
});
