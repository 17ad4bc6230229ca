import assert from "node:assert/strict";
import { test } from "node:test";

import { whyOf } from "../../../../static/js/live/transport/send-status.js";

const FACTS = {
  isOn: true, isConnected: true, isWarming: false, isWaiting: false,
  fps: 15, maxFps: 15, isResting: false, workMs: 30, tripMs: 5,
  quality: 0.8, limit: { width: 640, height: 480 }, level: 0,
};

for (const [changes, why] of [
  [{}, "15 fps, nothing is in the way"],
  [{ isOn: false, isWarming: true }, "Nothing is sent: there is no picture"],
  [{ isConnected: false }, "Nothing is sent: there is no connection"],
  [{ isWarming: true, fps: 7.5 }, "One frame a second while the pipeline loads"],
  [{ isWaiting: true, fps: 7.5 }, "Nothing is sent: the server has not answered for a while"],
  [{ fps: 7.5, isResting: true }, "7.5 fps: the server asked for fewer frames"],
  [{ fps: 9 }, "Climbing back to 15 fps: 9 now"],
  [{ workMs: 200 }, "5 fps: the server takes 200 ms for a frame"],
  [{ workMs: 500, tripMs: 450 }, "2 fps: the network takes 500 ms for a frame"],
  [{ fps: 30, maxFps: 30, workMs: 0 }, "30 fps, nothing is in the way"],
  [
    { level: 3, quality: 0.6, limit: { width: 480, height: 360 } },
    "15 fps, nothing is in the way; JPEG quality 0.6 at 480x360 at most: the network is slow",
  ],
]) {
  test(why, () => assert.equal(whyOf({ ...FACTS, ...changes }), why));
}
