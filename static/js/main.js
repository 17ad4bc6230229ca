import { ErrorBanner } from "./banner.js";
import { Camera } from "./camera.js";
import { Controls } from "./controls.js";
import { Encoder } from "./encoder.js";
import { Live } from "./live.js";
import { Overlay } from "./overlay.js";
import { Pacing } from "./pacing.js";
import { FramePump } from "./pump.js";
import { ReadText } from "./readtext.js";
import { PipelineSelector, addressWith, streamAddress } from "./selector.js";
import { StreamSocket } from "./socket.js";
import { initialState } from "./state.js";
import { Store } from "./store.js";

const TICK_MS = 500;

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return found;
}

const video = element("camera", HTMLVideoElement);
const stage = element("stage", HTMLElement);
const start = element("start", HTMLButtonElement);
const stop = element("stop", HTMLButtonElement);
const streamPath = element("live", HTMLElement).dataset["streamPath"] ?? "";

const now = () => performance.now();
const clock = {
  /** @type {(callback: () => void, delayMs: number) => number} */
  setTimeout: (callback, delayMs) => window.setTimeout(callback, delayMs),
  /** @type {(timer: number) => void} */
  clearTimeout: (timer) => window.clearTimeout(timer),
  now,
};

const selector = new PipelineSelector({
  select: element("pipeline-selector", HTMLSelectElement),
  description: element("pipeline-description", HTMLElement),
});
const controls = new Controls({
  start,
  stop,
  stage,
  status: element("status", HTMLElement),
  statusText: element("status-text", HTMLElement),
  statusCountdown: element("status-countdown", HTMLElement),
  stageEmpty: element("stage-empty", HTMLElement),
  stageNote: element("stage-note", HTMLElement),
  fps: element("figure-fps", HTMLElement),
  delay: element("figure-delay", HTMLElement),
  found: element("figure-found", HTMLElement),
});
const banner = new ErrorBanner({
  banner: element("error-banner", HTMLElement),
  title: element("error-title", HTMLElement),
  advice: element("error-advice", HTMLElement),
  detail: element("error-detail", HTMLElement),
});
const readText = new ReadText({
  list: element("read-text", HTMLElement),
  empty: element("read-empty", HTMLElement),
  createItem: () => document.createElement("li"),
});
const overlay = new Overlay({
  canvas: element("overlay", HTMLCanvasElement),
  pictureSize: () => ({ width: video.videoWidth, height: video.videoHeight }),
});

const store = new Store(initialState(selector.pipelineId));
const pacing = new Pacing(now);
const encoder = new Encoder(document.createElement("canvas"));
const camera = new Camera({
  video,
  mediaDevices: navigator.mediaDevices,
  isSecure: window.isSecureContext,
  ended: () => live.cameraEnded(),
});
const socket = new StreamSocket({
  url: () => streamAddress(location.href, streamPath, store.state.pipelineId),
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
  onNextPicture: "requestVideoFrameCallback" in video
    ? (callback) => video.requestVideoFrameCallback(callback)
    : (callback) => requestAnimationFrame(callback),
  encode: () => encoder.encode(video),
  socket,
  pacing,
  now,
});
const live = new Live({ store, camera, socket, pump, pacing, clock });

// The listeners stay for as long as the page does.
const { signal } = new AbortController();

/** @type {import("./state.js").Frame | null} */
let shown = null;
store.subscribe((state) => {
  controls.render(state);
  controls.renderCountdown(state, now());
  banner.render(state.failure);
  if (state.frame === shown) return;
  shown = state.frame;
  overlay.show(shown);
  if (shown) readText.add(shown.detections, now());
}, signal);

const fitOverlay = () => {
  overlay.resize({ width: stage.clientWidth, height: stage.clientHeight }, window.devicePixelRatio);
};
new ResizeObserver(fitOverlay).observe(stage);

start.addEventListener("click", () => void live.start(), { signal });
stop.addEventListener("click", () => live.stop(), { signal });
element("retry", HTMLButtonElement).addEventListener("click", () => void live.retry(), { signal });
selector.onChange((pipelineId) => {
  history.replaceState(null, "", addressWith(location.href, pipelineId));
  live.choose(pipelineId);
}, signal);
window.addEventListener("resize", fitOverlay, { signal });
window.addEventListener("online", () => live.wake(), { signal });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") live.wake();
}, { signal });
window.setInterval(() => {
  controls.renderCountdown(store.state, now());
  controls.renderFigures(store.state);
  live.watch();
}, TICK_MS);

window.addEventListener("pagehide", () => live.stop(), { signal });
