import { JobsApi } from "../jobs-api.js";
import { JobList } from "./job-list.js";
import { JobEventsSocket, eventsAddress } from "../job-events-socket.js";
import { Confirmation } from "../confirmation.js";
import { announce, attempt } from "../messages.js";
import { copyOf, element } from "../../shared/elements.js";
import { clock } from "../../shared/clock.js";
import { SendingList } from "./sending-list.js";
import { Uploads } from "./uploads.js";

const page = element("videos", HTMLElement);
const { csrfToken = "", realtimePath = "", submitPath = "", states = "" } = page.dataset;
const grows = "grows" in page.dataset;
const files = element("files", HTMLInputElement);
const drop = element("drop", HTMLElement);
const rows = element("jobs", HTMLElement);

// The listeners stay for as long as the page does.
const { signal } = new AbortController();

// Behind a reverse proxy all addresses may lie below a path.
const prefix = document.documentElement.dataset["prefix"] ?? "";
const api = new JobsApi({ fetch: (path, options) => fetch(prefix + path, options), csrfToken });
const confirmation = new Confirmation();
const list = new JobList({
  list: rows,
  empty: element("empty", HTMLElement),
  createRow: () => copyOf("job-row"),
  announce,
  states: states.split(" ").filter(Boolean),
  grows,
});
const sendings = new SendingList({
  list: element("uploads", HTMLElement),
  createRow: () => copyOf("upload-row"),
  announce,
  cancel: (id) => uploads.cancel(id),
});
const uploads = new Uploads({
  path: submitPath,
  csrfToken,
  createRequest: () => new XMLHttpRequest(),
  changed: (sending) => sendings.render(sending),
});
const socket = new JobEventsSocket({
  url: () => eventsAddress(location.href, realtimePath, grows ? [] : list.jobIds),
  WebSocket,
  clock,
  random: Math.random,
  heard: (event) => list.hear(event),
  changed: (connection) => {
    page.dataset["connection"] = connection;
  },
});

/** @param {readonly File[]} chosen */
function send(chosen) {
  uploads.add(chosen, {
    pipelineId: element("upload-pipeline", HTMLSelectElement).value,
    frameStride: element("upload-stride", HTMLInputElement).value,
    maxFrames: element("upload-most", HTMLInputElement).value,
    device: element("upload-device", HTMLSelectElement).value,
  });
}

files.addEventListener("change", () => {
  const form = element("upload-form", HTMLFormElement);
  const chosen = [...(files.files ?? [])];
  if (form.reportValidity()) send(chosen);
  files.value = "";
}, { signal });

// A file that misses the drop zone must not replace the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault(), { signal });
window.addEventListener("dragover", () => drop.classList.add("drop-ready"), { signal });
window.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) drop.classList.remove("drop-ready");
}, { signal });
window.addEventListener("drop", (event) => {
  drop.classList.remove("drop-ready");
  const chosen = [...(event.dataTransfer?.files ?? [])];
  if (chosen.length && !files.disabled && element("upload-form", HTMLFormElement).reportValidity()) send(chosen);
}, { signal });

rows.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const jobId = button?.closest("li")?.dataset["jobId"];
  if (button && jobId) void attempt(() => act(button.dataset["action"] ?? "", jobId));
}, { signal });

/**
 * @param {string} action
 * @param {string} jobId
 */
async function act(action, jobId) {
  if (action === "cancel") await api.cancel(jobId);
  if (action === "retry") await api.retry(jobId);
  if (action !== "delete" || !(await confirmation.ask(list.nameOf(jobId)))) return;
  const name = list.nameOf(jobId);
  await api.remove(jobId);
  list.remove(jobId);
  announce(`${name} was deleted`);
}

window.addEventListener("beforeunload", (event) => {
  if (uploads.isBusy) event.preventDefault();
}, { signal });
window.addEventListener("online", () => socket.hurry(), { signal });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") socket.hurry();
}, { signal });
// Left and come back to, a page may be shown as it was: then it must hear of events again.
window.addEventListener("pagehide", () => socket.stop(), { signal });
window.addEventListener("pageshow", () => socket.start(), { signal });
if (grows || list.jobIds.length) socket.start();
