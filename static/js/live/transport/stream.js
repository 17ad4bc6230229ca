import { Devices } from "../capture/devices.js";
import { Encoder } from "../capture/encoder.js";
import { JpegCanvas } from "../capture/jpeg-canvas.js";
import { Live } from "../live.js";
import { sourceOpener } from "../capture/source-opener.js";
import { Pacing } from "./pacing.js";
import { Picture } from "../capture/picture.js";
import { FramePump } from "./frame-pump.js";
import { Quality } from "../capture/quality.js";
import { StreamSocket } from "./stream-socket.js";
import { WorkerEncoder, grabPicture } from "../capture/worker-encoder.js";

/**
 * @typedef {import("../state.js").LiveState} LiveState
 * @typedef {import("../../shared/clock.js").Clock} Clock
 * @typedef {object} Needs
 * @property {HTMLVideoElement} video
 * @property {import("../store.js").Store<LiveState>} store
 * @property {import("./answers.js").Stats} stats
 * @property {Clock} clock
 * @property {() => string} url of the stream, asked at every try
 */

/**
 * Put the stream together from its parts, in a browser.
 *
 * @param {Needs} needs
 * @returns {{live: Live, devices: Devices}} nothing happens before they are told to
 */
export function createStream({ video, store, stats, clock, url }) {
  const { now } = clock;
  const { mediaDevices } = navigator;
  const CaptureController = Reflect.get(window, "CaptureController");
  const picture = new Picture({
    video,
    open: sourceOpener({ mediaDevices, isSecure: window.isSecureContext, CaptureController, urls: URL }),
    clock,
    ended: (kind) => live.sourceEnded(kind),
  });
  const devices = new Devices({ mediaDevices, changed: (known) => live.devicesChanged(known) });
  const pacing = new Pacing(now);
  const quality = new Quality(now);
  const encoder = createEncoder(clock);
  const socket = new StreamSocket({
    url,
    WebSocket,
    clock,
    random: Math.random,
    events: {
      connectionChanged: (connection) => live.connectionChanged(connection),
      messageReceived: (message) => live.messageReceived(message),
      failed: (failure) => live.failed(failure),
    },
  });
  const pump = new FramePump({
    onNextPicture: picturesOf(video),
    encode: (plan) => encoder.encode(video, plan),
    socket,
    pacing,
    quality,
    now,
    sent: (frameIndex, frame) => live.frameSent(frameIndex, frame),
  });
  const live = new Live({
    store, picture, devices, socket, pump, pacing, quality, encoder, stats, clock,
    wallClock: () => Date.now(),
    isHidden: () => document.visibilityState === "hidden",
  });
  return { live, devices };
}

/** @param {Clock} clock */
function createEncoder(clock) {
  const worker = new WorkerEncoder({
    createWorker: () => new Worker(new URL("../capture/encoder-worker.js", import.meta.url), { type: "module" }),
    grab: grabPicture,
    clock,
  });
  worker.start();
  return new Encoder({ page: new JpegCanvas(document.createElement("canvas")), worker });
}

/**
 * @param {HTMLVideoElement} video
 * @returns {import("./frame-pump.js").OnNextPicture}
 */
function picturesOf(video) {
  if (!("requestVideoFrameCallback" in video)) return (callback) => requestAnimationFrame(() => callback());
  return (callback) => video.requestVideoFrameCallback((_, { captureTime }) => callback(captureTime));
}
