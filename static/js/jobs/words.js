import { record } from "./job.js";

/**
 * Formats the fields of jobs for the pages.
 *
 * @typedef {import("./job.js").Job} Job
 * @typedef {import("./job.js").Status} Status
 */

/** @type {Readonly<Record<Status, string>>} */
export const STATUS_WORDS = Object.freeze({
  pending: "Waiting",
  running: "In progress",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
});

const UNITS = Object.freeze(["B", "KB", "MB", "GB", "TB"]);

/** @param {number} bytes */
export function fileSize(bytes) {
  const step = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), UNITS.length - 1);
  const value = bytes / 1024 ** step;
  return `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[step]}`;
}

/**
 * Format a position in a video: "1:02:03", or with tenths "0:03.4".
 *
 * @param {number} seconds
 * @param {{tenths?: boolean}} [options]
 */
export function clockTime(seconds, { tenths = false } = {}) {
  const whole = tenths ? Math.floor(seconds * 10 + 1e-6) / 10 : Math.floor(seconds + 1e-6);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = tenths ? (whole % 60).toFixed(1).padStart(4, "0") : String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Format a duration.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/**
 * Format the progress of a job in frames.
 *
 * @param {Pick<Job, "framesDone" | "framesTotal" | "sourceKind" | "status">} job
 */
export function framesInWords({ framesDone, framesTotal, sourceKind, status }) {
  if (sourceKind === "picture") return status === "completed" ? "1 picture" : "";
  const isOpen = status === "pending" || status === "running" || framesTotal !== framesDone;
  if (isOpen && framesTotal !== null) return `${count(framesDone)} of ${count(framesTotal)} frames`;
  return framesDone === 1 ? "1 frame" : `${count(framesDone)} frames`;
}

/**
 * Format size, duration and bytes of the source file.
 *
 * @param {Pick<Job, "width" | "height" | "durationS" | "sourceBytes">} job
 */
export function sourceInWords({ width, height, durationS, sourceBytes }) {
  const facts = [
    width && height ? `${width} × ${height}` : "",
    durationS ? duration(durationS) : "",
    sourceBytes ? fileSize(sourceBytes) : "",
  ];
  return facts.filter(Boolean).join(" · ");
}

/** @param {number} value */
export function count(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/**
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** @type {Readonly<Record<Status, "idle" | "busy" | "good" | "bad">>} */
export const TONES = Object.freeze({
  pending: "idle", running: "busy", completed: "good", failed: "bad", cancelled: "idle",
});

/**
 * Format a date and time in the user's language and time zone.
 *
 * @param {string} iso
 */
export function moment(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

const TOLD_ELSEWHERE = Object.freeze(["tool", "device_requested", "fallback"]);

/**
 * Format a tool's facts, versions last, without those that the page shows elsewhere.
 *
 * @param {unknown} tool
 */
export function factsInWords(tool) {
  const { versions, ...facts } = record(tool);
  const said = Object.entries(facts)
    .filter(([name, value]) => !TOLD_ELSEWHERE.includes(name) && value !== null && value !== "")
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${valueInWords(value)}`);
  const made = Object.entries(record(versions)).map(([name, version]) => `${name} ${String(version)}`);
  return [...said, ...made].join(" · ");
}

/** @param {unknown} value */
function valueInWords(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" × ") : String(value);
}
