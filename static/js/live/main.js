import { Address } from "./address.js";
import { ErrorBanner } from "./panels/error-banner.js";
import { clock } from "../shared/clock.js";
import { copyText } from "../shared/clipboard.js";
import { Controls } from "./panels/controls.js";
import { CountList } from "./panels/count-list.js";
import { DebugPanel, reportInFull } from "./panels/debug-panel.js";
import { button, copyOf, element, fieldsOf, figuresIn, fill, find, words } from "../shared/elements.js";
import { FullScreen } from "../shared/full-screen.js";
import { SnapshotSaver } from "./panels/snapshot-saver.js";
import { followPage } from "./lifecycle.js";
import { RATES, SIZES, addressWith, isMirrored, layersOf, readOptions, sizeOf } from "./options.js";
import { Overlay } from "./overlay/overlay.js";
import { UserActions } from "./panels/user-actions.js";
import { ReadText } from "./panels/read-text.js";
import { PipelineSelector, streamAddress } from "./panels/pipeline-selector.js";
import { Settings, sizeInWords } from "./panels/settings.js";
import { actionOf } from "./panels/shortcuts.js";
import { snapshot } from "./overlay/snapshot.js";
import { SourcePicker } from "./capture/source-picker.js";
import { initialState } from "./state.js";
import { StreamStats } from "./transport/stream-stats.js";
import { Store } from "./store.js";
import { createStream } from "./transport/stream.js";
import { Toast } from "./panels/toast.js";
import { WarningList } from "./panels/warning-list.js";

const TICK_MS = 500;

const video = element("camera", HTMLVideoElement);
const stage = words("stage");
const page = words("live");
const streamPath = page.dataset["streamPath"] ?? "";
const debugPanel = words("debug-panel");
const fileField = element("file", HTMLInputElement);

// The listeners stay for as long as the page does.
const { signal } = new AbortController();

const { now } = clock;

// What is on the page.

fill(element("size", HTMLSelectElement), SIZES, sizeInWords);
fill(element("fps", HTMLSelectElement), RATES, String);

const selector = new PipelineSelector({
  select: element("pipeline-selector", HTMLSelectElement),
  description: words("pipeline-description"),
});
const sources = new SourcePicker(
  {
    buttons: { camera: button("source-camera"), file: button("source-file"), screen: button("source-screen") },
    details: {
      camera: words("source-camera-detail"),
      file: words("source-file-detail"),
      screen: words("source-screen-detail"),
    },
    devices: element("devices", HTMLSelectElement),
    fileName: words("file-name"),
    startWords: words("start-words"),
    title: words("stage-title"),
    hint: words("stage-hint"),
    flip: button("flip"),
  },
  () => document.createElement("option"),
);
const settings = new Settings({
  fields: fieldsOf(element("settings", HTMLFormElement)),
  words: {
    score: words("score-value"),
    quality: words("quality-value"),
    view: words("view-summary"),
    picture: words("picture-summary"),
  },
});
const controls = new Controls({
  start: button("start"),
  stop: button("stop"),
  stage,
  status: words("status"),
  statusText: words("status-text"),
  statusCountdown: words("status-countdown"),
  stageEmpty: words("stage-empty"),
  stageNote: words("stage-note"),
  fps: words("figure-fps"),
  delay: words("figure-delay"),
  found: words("figure-found"),
  savers: [button("save-picture"), button("save-result")],
});
const banner = new ErrorBanner({
  banner: words("error-banner"),
  title: words("error-title"),
  advice: words("error-advice"),
  detail: words("error-detail"),
});
const counted = new CountList({
  panel: words("counts"),
  list: words("counts-list"),
  createElement: (name) => document.createElement(name),
});
const warned = new WarningList({
  panel: words("warnings"),
  list: words("warnings-list"),
  createElement: (name) => document.createElement(name),
});
const readText = new ReadText({
  list: words("read-text"),
  empty: words("read-empty"),
  announcer: words("read-announcement"),
  createItem: () => {
    const item = copyOf("read-line");
    const text = find(".line-text", HTMLElement, item);
    find(".line-copy", HTMLButtonElement, item).addEventListener("click", () => void copy(text.textContent ?? ""));
    return { item, text, time: find(".line-time", HTMLElement, item), score: find(".line-score", HTMLElement, item) };
  },
  wallClock: () => new Date(),
});
const debug = new DebugPanel(
  {
    figures: figuresIn(debugPanel),
    line: element("debug-line", SVGElement),
    stages: words("debug-stages"),
  },
  () => {
    const row = copyOf("debug-stage");
    return {
      row,
      name: find(".timing-name", HTMLElement, row),
      bar: find(".timing-bar rect", SVGElement, row),
      value: find(".timing-time", HTMLElement, row),
    };
  },
);
const fullScreen = new FullScreen({ element: page, button: button("full-screen"), page: document });

// What is chosen, and what happens.

const options = new Store(readOptions(location.search));
const store = new Store(initialState(selector.pipelineId));
const stats = new StreamStats(now);
const address = new Address({ write: (text) => history.replaceState(history.state, "", text), clock });
const overlay = new Overlay({
  canvas: element("overlay", HTMLCanvasElement),
  picture: element("picture", HTMLCanvasElement),
  pictureSize: () => ({ width: video.videoWidth, height: video.videoHeight }),
  now,
  requestFrame: (callback) => requestAnimationFrame(callback),
  drawn: (frame) => stats.frameDrawn(now() - frame.takenAt),
  decode: (jpeg) => createImageBitmap(jpeg),
});

const { live, devices } = createStream({
  video, store, stats, clock,
  url: () => streamAddress(location.href, streamPath, store.state.pipelineId),
});
const user = new UserActions({ live, store, options, askForFile: () => fileField.click() });
const saver = new SnapshotSaver({
  snapshot,
  canvas: () => element("overlay", HTMLCanvasElement),
  clock,
  wallClock: () => Date.now(),
  createLink: () => document.createElement("a"),
  urls: URL,
});
const toast = new Toast({ element: words("toast"), clock });
const copy = (/** @type {string} */ text) => copyText(text, { clipboard: navigator.clipboard, toast });

// What is shown of it.

function showView() {
  const { mirror, mode, score, hide } = options.state;
  const mirrored = isMirrored(mirror, store.state.facing);
  stage.dataset["mirrored"] = String(mirrored);
  overlay.configure({ mode, mirrored, minScore: score, layers: layersOf({ hide }) });
}

function showDebug() {
  if (!debugPanel.hidden) debug.render({ report: stats.report(), sendStatus: live.sendStatus() });
}

function showReadTools() {
  for (const id of ["read-copy", "read-clear"]) button(id).disabled = readText.lines.length === 0;
}

options.subscribe((chosen) => {
  settings.render(chosen);
  live.configure({ maxFps: chosen.fps, quality: chosen.quality, size: sizeOf(chosen.size) });
  address.show(addressWith(location.href, chosen));
  showView();
}, signal);

/** @type {import("./state.js").LiveState} */
let before = store.state;
store.subscribe((state) => {
  controls.render(state);
  controls.renderCountdown(state, now());
  sources.render({ ...state, fileName: user.fileName });
  banner.render(state.failure);
  if (state.source !== before.source) options.update({ source: state.source });
  if (state.facing !== before.facing) showView();
  if (state.camera === "starting" && before.camera === "off") stats.reset();
  if (state.warnings !== before.warnings) warned.render(state.warnings);
  if (state.frame !== before.frame) overlay.show(state.frame);
  if (state.frame && state.frame !== before.frame) {
    readText.add(state.frame.detections, now());
    counted.render(state.frame.counts);
  }
  showReadTools();
  before = state;
}, signal);

video.addEventListener("resize", () => {
  stage.dataset["shape"] = video.videoWidth > video.videoHeight ? "wide" : "tall";
}, { signal });
const fitOverlay = () => {
  overlay.resize({ width: stage.clientWidth, height: stage.clientHeight }, window.devicePixelRatio);
};
new ResizeObserver(fitOverlay).observe(stage);
window.addEventListener("resize", fitOverlay, { signal });

window.setInterval(() => {
  controls.renderCountdown(store.state, now());
  controls.renderFigures(store.state);
  live.watch();
  showDebug();
}, TICK_MS);

// What the user does.

function save(/** @type {"png" | "json"} */ ending) {
  const { frame, pipelineId } = store.state;
  if (!frame) return;
  saver.save(ending, frame, options.state, pipelineId).catch(() => toast.say("The browser could not save it"));
}

function clearRead() {
  readText.clear();
  showReadTools();
  words("read-text").focus();
}

function toggleDebug() {
  debugPanel.hidden = !debugPanel.hidden;
  button("debug-toggle").setAttribute("aria-expanded", String(!debugPanel.hidden));
  showDebug();
  if (!debugPanel.hidden) debugPanel.scrollIntoView({ block: "nearest" });
}

function copyDebug() {
  const facts = { address: location.href, browser: navigator.userAgent, when: new Date() };
  void copy(reportInFull({ ...facts, state: store.state, report: stats.report(), sendStatus: live.sendStatus() }));
}

/** @type {Record<import("./panels/shortcuts.js").Action, () => void>} */
const actions = {
  startOrStop: () => user.startOrStop(),
  debug: toggleDebug,
  mirror: () => user.turnMirror(),
  exact: () => user.turnMode(),
  snapshot: () => save("png"),
  fullScreen: () => void fullScreen.toggle(),
  help: () => words("keys").togglePopover(),
};

/** @type {[string, () => void][]} */
const presses = [
  ["start", () => user.start()],
  ["stop", () => live.stop()],
  ["retry", () => void live.retry()],
  ["flip", () => void user.flip()],
  ["save-picture", () => save("png")],
  ["save-result", () => save("json")],
  ["full-screen", actions.fullScreen],
  ["debug-toggle", toggleDebug],
  ["debug-copy", copyDebug],
  ["read-copy", () => void copy(readText.text)],
  ["read-clear", clearRead],
  ["choose-file", () => fileField.click()],
];
// Not by the attribute "autofocus", of which browsers complain where another site embeds the page.
words("keys").addEventListener("toggle", ({ newState }) => {
  if (newState === "open") button("keys-close").focus();
}, { signal });
for (const [id, press] of presses) button(id).addEventListener("click", press, { signal });
document.addEventListener("keydown", (event) => {
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  actions[action]();
}, { signal });
fileField.addEventListener("change", () => {
  void user.useFile(fileField.files?.[0]);
  // The same file may be chosen again.
  fileField.value = "";
}, { signal });
selector.onChange((pipeline) => user.choose(pipeline), signal);
sources.onChange({
  sourceChosen: (source) => user.useSource(source),
  deviceChosen: (deviceId) => void user.useDevice(deviceId),
}, signal);
settings.onChange((chosen) => options.update(chosen), signal);
fullScreen.watch(signal);
followPage({ window, document, live, signal });
devices.watch(signal);
void live.useSource(options.state.source, { facing: options.state.facing });
