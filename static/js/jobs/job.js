/**
 * Parse a job from the server's JSON; malformed fields get default values and never throw.
 *
 * @typedef {"pending" | "running" | "completed" | "failed" | "cancelled"} Status
 * @typedef {"none" | "pending" | "running" | "ready" | "failed"} AnnotatedStatus
 * @typedef {Readonly<Record<string, unknown>>} JobData as it came
 * @typedef {{label: string, count: number, firstS: number}} FoundLabel
 * @typedef {{text: string, count: number, firstS: number, lastS: number}} FoundText
 * @typedef {{id: string, tool: string, runs: number, meanMs: number, maxMs: number, totalMs: number}} NodeTiming
 * @typedef {object} Job
 * @property {string} id
 * @property {Status} status
 * @property {string} owner the user's name; empty for nobody, or where no login is required
 * @property {string} sourceName what the user called the file
 * @property {"video" | "picture"} sourceKind
 * @property {number} sourceBytes
 * @property {number} width
 * @property {number} height
 * @property {number | null} fps
 * @property {number | null} durationS
 * @property {string} pipelineName
 * @property {number} frameStride
 * @property {number | null} framesTotal
 * @property {number} framesDone
 * @property {number} progress from 0 to 100
 * @property {number} nextFrame the results of the frames before it can be read
 * @property {string} deviceRequested
 * @property {string} deviceUsed
 * @property {boolean} fallback
 * @property {readonly NodeTiming[]} timings
 * @property {Readonly<Record<string, unknown>>} tools what each node's tool says of itself
 * @property {readonly string[]} warnings
 * @property {number} warningsCount
 * @property {string} errorMessage
 * @property {AnnotatedStatus} annotatedStatus
 * @property {number} annotatedProgress
 * @property {string} annotatedError
 * @property {readonly FoundLabel[]} labels the most frequent first
 * @property {readonly FoundText[]} texts in the order in which they appear
 * @property {readonly number[]} density detections in equal parts of the duration
 * @property {number} bucketS how long each of these parts is
 * @property {number} tracks
 * @property {string} createdAt
 * @property {string} startedAt empty before it was started
 * @property {string} finishedAt empty before it was over
 */

const STATUSES = Object.freeze(["pending", "running", "completed", "failed", "cancelled"]);
const ANNOTATED = Object.freeze(["none", "pending", "running", "ready", "failed"]);

/**
 * @param {unknown} value
 * @returns {Job | null} null for what is no job
 */
export function readJob(value) {
  const data = record(value);
  const id = text(data["job_id"]);
  if (!id) return null;
  const summary = record(data["summary"]);
  const density = record(summary["density"]);
  return Object.freeze({
    id,
    status: oneOf(STATUSES, data["status"], "pending"),
    owner: text(data["owner"]),
    sourceName: text(data["source_name"]),
    sourceKind: data["source_kind"] === "picture" ? "picture" : "video",
    sourceBytes: number(data["source_bytes"]),
    width: number(data["width"]),
    height: number(data["height"]),
    fps: numberOrNull(data["fps"]),
    durationS: numberOrNull(data["duration_s"]),
    pipelineName: text(data["pipeline_name"]) || text(data["pipeline_id"]),
    frameStride: Math.max(1, number(data["frame_stride"], 1)),
    framesTotal: numberOrNull(data["frames_total"]),
    framesDone: number(data["frames_done"]),
    progress: number(data["progress"]),
    nextFrame: number(data["next_frame"], 1),
    deviceRequested: text(data["device_requested"]),
    deviceUsed: text(data["device_used"]),
    fallback: data["fallback"] === true,
    timings: timingsOf(record(data["plugin_timings"])),
    tools: record(data["tools"]),
    warnings: list(data["warnings"]).filter((one) => typeof one === "string"),
    warningsCount: number(data["warnings_count"]),
    errorMessage: text(data["error_message"]),
    annotatedStatus: oneOf(ANNOTATED, data["annotated_status"], "none"),
    annotatedProgress: number(data["annotated_progress"]),
    annotatedError: text(data["annotated_error"]),
    labels: list(summary["labels"]).map(readLabel),
    texts: list(summary["texts"]).map(readText),
    density: list(density["counts"]).map((count) => number(count)),
    bucketS: number(density["bucket_s"]),
    tracks: number(summary["tracks"]),
    createdAt: text(data["created_at"]),
    startedAt: text(data["started_at"]),
    finishedAt: text(data["finished_at"]),
  });
}

/** @param {Pick<Job, "status">} job */
export function isOver({ status }) {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/**
 * The last frame whose result can be read; 0 where there is none.
 *
 * @param {Pick<Job, "nextFrame">} job
 */
export function lastReadable({ nextFrame }) {
  return nextFrame - 1;
}

/** @param {unknown} value */
function readLabel(value) {
  const fields = record(value);
  return { label: text(fields["label"]), count: number(fields["count"]), firstS: number(fields["first_s"]) };
}

/** @param {unknown} value */
function readText(value) {
  const fields = record(value);
  const [firstS, lastS] = [number(fields["first_s"]), number(fields["last_s"])];
  return { text: text(fields["text"]), count: number(fields["count"]), firstS, lastS };
}

/**
 * @param {Record<string, unknown>} timings
 * @returns {NodeTiming[]} in the order of the pipeline
 */
function timingsOf(timings) {
  return Object.entries(timings).map(([id, value]) => {
    const fields = record(value);
    return {
      id,
      tool: text(fields["tool"]),
      runs: number(fields["runs"]),
      meanMs: number(fields["mean_ms"]),
      maxMs: number(fields["max_ms"]),
      totalMs: number(fields["total_ms"]),
    };
  });
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
export function record(value) {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @param {unknown} value
 * @returns {any[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
export function text(value) {
  return typeof value === "string" ? value : "";
}

/** @param {unknown} value */
export function numberOrNull(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/**
 * @param {unknown} value
 * @param {number} otherwise
 */
export function number(value, otherwise = 0) {
  return numberOrNull(value) ?? otherwise;
}

/**
 * @template {string} Word
 * @param {readonly string[]} words
 * @param {unknown} value
 * @param {Word} otherwise
 */
function oneOf(words, value, otherwise) {
  return /** @type {any} */ (words.includes(text(value)) ? value : otherwise);
}
