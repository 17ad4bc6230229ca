import { CountList } from "../../live/panels/count-list.js";
import { JobsApi } from "../jobs-api.js";
import { Boxes } from "./boxes.js";
import { FoundLists } from "./found-lists.js";
import { Inspector } from "./inspector.js";
import { JobFeed } from "./job-feed.js";
import { isOver, lastReadable, number, readJob } from "../job.js";
import { JobEventsSocket, eventsAddress } from "../job-events-socket.js";
import { Confirmation } from "../confirmation.js";
import { announce, attempt } from "../messages.js";
import { copyOf, element } from "../../shared/elements.js";
import { clock } from "../../shared/clock.js";
import { UnplayableNote } from "./unplayable-note.js";
import { StatePanel } from "./state-panel.js";
import { DownloadPanel } from "./download-panel.js";
import { VideoStage } from "./video-stage.js";
import { ResultWindows } from "./result-windows.js";
import { moment } from "../words.js";

/** @typedef {import("../job.js").Job} Job */

const page = element("viewer", HTMLElement);
const { jobId = "", realtimePath = "", csrfToken = "", listPath = "/" } = page.dataset;
const stage = element("stage", HTMLElement);
const media = element("media", HTMLElement);
const note = element("stage-note", HTMLElement);
const follow = element("follow", HTMLInputElement);

// The listeners stay for as long as the page does.
const { signal } = new AbortController();

// Behind a reverse proxy all addresses may lie below a path.
const prefix = document.documentElement.dataset["prefix"] ?? "";
const api = new JobsApi({ fetch: (path, options) => fetch(prefix + path, options), csrfToken });
const confirmation = new Confirmation();
const panel = new StatePanel({
  dot: element("dot", HTMLElement),
  status: element("status", HTMLElement),
  frames: element("frames", HTMLElement),
  progress: element("progress-bar", HTMLProgressElement),
  remaining: element("remaining", HTMLElement),
  reason: element("reason", HTMLElement),
  followField: element("follow-field", HTMLElement),
  cancel: element("cancel", HTMLButtonElement),
  retry: element("retry", HTMLButtonElement),
  remove: element("delete", HTMLButtonElement),
}, { announce, now: clock.now });
const found = new FoundLists({
  labels: element("found-labels", HTMLElement),
  labelsEmpty: element("labels-empty", HTMLElement),
  texts: element("found-texts", HTMLElement),
  textsEmpty: element("texts-empty", HTMLElement),
}, { createElement: (name) => document.createElement(name), canJump: media instanceof HTMLVideoElement });
const counted = new CountList({
  panel: element("counts", HTMLElement),
  list: element("counts-list", HTMLElement),
  createElement: (name) => document.createElement(name),
});
const inspector = new Inspector({
  deviceRequested: element("device-requested", HTMLElement),
  deviceUsed: element("device-used", HTMLElement),
  timeTaken: element("time-taken", HTMLElement),
  tracks: element("tracks", HTMLElement),
  attempts: element("attempts", HTMLElement),
  fallback: element("fallback", HTMLElement),
  nodes: element("nodes", HTMLElement),
  nodesEmpty: element("nodes-empty", HTMLElement),
  warnings: element("warnings", HTMLElement),
  warningsCount: element("warnings-count", HTMLElement),
  warningsList: element("warnings-list", HTMLElement),
}, { createNode: () => copyOf("node-row"), createItem: () => document.createElement("li") });
const annotatedWatch = document.getElementById("annotated-watch");
const downloads = new DownloadPanel({
  links: [...element("downloads", HTMLElement).querySelectorAll("a")],
  later: element("downloads-later", HTMLElement),
  annotated: element("annotated", HTMLElement),
  words: element("annotated-words", HTMLElement),
  progress: element("annotated-progress", HTMLProgressElement),
  make: element("annotate", HTMLButtonElement),
  link: element("annotated-link", HTMLElement),
  watch: annotatedWatch,
});
const boxes = new Boxes({ canvas: element("overlay", HTMLCanvasElement), pictureSize });
const video = media instanceof HTMLVideoElement ? new VideoStage({
  video: media,
  density: element("density", HTMLCanvasElement),
  play: element("play", HTMLElement),
  playWord: element("play-word", HTMLElement),
  playIcon: element("play-icon", SVGElement),
  back: element("back", HTMLElement),
  forward: element("forward", HTMLElement),
  position: element("position", HTMLElement),
  whole: element("whole", HTMLElement),
  scrubber: element("scrubber", HTMLInputElement),
  speed: element("speed", HTMLSelectElement),
  mute: element("mute", HTMLElement),
  muteIcon: element("mute-icon", SVGElement),
}, { shown: drawBoxes, step, touched: () => { follow.checked = false; }, unplayable: renderUnplayable, requestFrame: (callback) => requestAnimationFrame(callback) }) : null;
const unplayable = new UnplayableNote({
  note: element("unplayable", HTMLElement),
  words: element("unplayable-words", HTMLElement),
  button: element("unplayable-button", HTMLButtonElement),
}, { create: () => void attempt(() => api.annotate(jobId)), watch: () => watch(true) });

/** @type {Job | null} */
let job = null;
/** @type {ResultWindows | null} */
let windows = null;
let isAnnotated = false;

const feed = new JobFeed({
  jobId,
  get: () => api.get(jobId),
  clock,
  changed: render,
  gone: () => {
    note.textContent = "This video was deleted.";
    note.hidden = false;
    announce("This video was deleted.");
  },
  frameDone: (line) => {
    if (follow.checked && video && !video.isPlaying) video.seek(number(line["time_s"]));
  },
});
const socket = new JobEventsSocket({
  url: () => eventsAddress(location.href, realtimePath, [jobId]),
  WebSocket,
  clock,
  random: Math.random,
  heard: (event) => feed.hear(event),
  changed: (connection) => {
    page.dataset["connection"] = connection;
  },
});

/** @returns {import("../../shared/geometry.js").Size} */
function pictureSize() {
  // Without a picture the boxes stand where they would be on it.
  const own = { width: job?.width ?? 0, height: job?.height ?? 0 };
  if (media instanceof HTMLVideoElement) return media.videoWidth ? { width: media.videoWidth, height: media.videoHeight } : own;
  const picture = /** @type {HTMLImageElement} */ (media);
  return { width: picture.naturalWidth, height: picture.naturalHeight };
}

/** @param {import("../job.js").JobData} data */
function render(data) {
  const before = job;
  job = readJob(data);
  if (!job) return;
  windows ??= new ResultWindows({
    fetchLines: (first, last) => api.lines(jobId, first, last),
    arrived: drawBoxes,
    failed: (error) => announce(error.message),
    now: clock.now,
    fps: job.fps,
    stride: job.frameStride,
  });
  windows.extend(lastReadable(job), isOver(job));
  // Whoever comes while the work is being done sees it being done.
  if (before === null && job.status === "running" && job.sourceKind === "video") follow.checked = true;
  panel.render(job);
  found.render({ labels: job.labels, texts: job.texts, isOver: isOver(job) });
  inspector.render(job, number(data["attempt"]));
  downloads.render(job);
  video?.showDensity(job.density, job.bucketS, job.durationS ?? 0);
  page.dataset["status"] = job.status;
  renderUnplayable();
  drawBoxes();
}

function renderUnplayable() {
  const isUnplayable = media instanceof HTMLImageElement ? media.complete && media.naturalWidth === 0 : video?.isUnplayable === true;
  unplayable.render(isUnplayable && !isAnnotated, job);
  if (isUnplayable) fit();
}

function drawBoxes() {
  const line = isAnnotated ? null : windows?.at(video?.timeS ?? 0);
  // What is not known yet is on its way: the boxes of another frame must not stand over this one.
  boxes.show(line ?? null);
  if (line) counted.render(line.counts);
  page.dataset["frame"] = line ? String(line.frameIndex) : "";
}

/** @param {1 | -1} direction */
function step(direction) {
  if (!video || !job) return;
  const line = windows?.beside(video.timeS, direction);
  video.seek(line ? line.timeS : video.timeS + (direction * job.frameStride) / (job.fps || 25));
}

function fit() {
  boxes.fit({ width: stage.clientWidth, height: stage.clientHeight }, window.devicePixelRatio);
  video?.resize(window.devicePixelRatio);
}

/** @param {boolean} annotated */
function watch(annotated) {
  isAnnotated = annotated;
  // Where a video cannot be shown, only what was found in it was moved through.
  const timeS = media instanceof HTMLVideoElement && !video?.isUnplayable ? media.currentTime : video?.timeS ?? 0;
  if (media instanceof HTMLVideoElement || media instanceof HTMLImageElement) media.src = `${prefix}/jobs/${jobId}/${annotated ? "annotated" : "video"}`;
  media.addEventListener("loadedmetadata", () => video?.seek(timeS), { once: true, signal });
  annotatedWatch?.setAttribute("aria-pressed", String(annotated));
  renderUnplayable();
  drawBoxes();
}

/**
 * @param {string} id
 * @param {() => void} clicked
 */
function onClick(id, clicked) {
  document.getElementById(id)?.addEventListener("click", clicked, { signal });
}

onClick("cancel", () => void attempt(() => api.cancel(jobId)));
onClick("retry", () => void attempt(() => api.retry(jobId)));
onClick("annotate", () => void attempt(() => api.annotate(jobId)));
onClick("annotated-watch", () => watch(!isAnnotated));
onClick("delete", () => void attempt(async () => {
  if (!(await confirmation.ask(job?.sourceName ?? ""))) return;
  feed.stop();
  await api.remove(jobId);
  location.assign(listPath);
}));
onClick("labels", () => {
  const button = element("labels", HTMLElement);
  const areShown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(areShown));
  boxes.showLabels(areShown);
});
onClick("full-screen", () => {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void stage.requestFullscreen().catch(() => announce("The browser does not allow full screen."));
});
found.onChoose((timeS) => {
  follow.checked = false;
  video?.seek(timeS);
}, signal);
for (const name of ["error", "load"]) media.addEventListener(name, renderUnplayable, { signal });
for (const name of ["load", "loadeddata"]) media.addEventListener(name, () => { fit(); drawBoxes(); }, { signal });
new ResizeObserver(fit).observe(stage);
window.addEventListener("online", () => socket.hurry(), { signal });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") socket.hurry();
}, { signal });
window.addEventListener("pagehide", () => socket.stop(), { signal });
window.addEventListener("pageshow", () => socket.start(), { signal });

const created = element("created", HTMLElement);
created.textContent = moment(created.getAttribute("datetime") ?? "") || created.textContent;
fit();
unplayable.start(signal);
video?.start(signal);
socket.start();
void attempt(() => feed.refresh());
