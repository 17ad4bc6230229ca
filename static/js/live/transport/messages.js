/**
 * @typedef {import("../panels/count-list.js").Counts} Counts
 *
 * Parse a message of the server into one of five kinds; malformed messages never throw.
 *
 * @typedef {{x: number, y: number, w: number, h: number, label: string, score: number,
 *            text?: string, textScore?: number, textAgeMs?: number, trackId?: number,
 *            polygon?: Corner[]}} Detection
 *   Coordinates are fractions of the frame, origin top left; a polygon's corners go clockwise from the object's own
 *   upper left, and the box is their upright hull. A text that waits to be read again has an age: so long ago it was
 *   last seen to hold.
 * @typedef {[number, number]} Corner x and y
 * @typedef {"normal" | "warning" | "critical"} PressureState
 * @typedef {{kind: "result", frameIndex: number, detections: Detection[], text: string,
 *            counts: Counts, timingsMs: Record<string, number>, pressure: PressureState,
 *            warnings: string[]}} ResultMessage
 * @typedef {{kind: "dropped", frameIndex: number, pressure: PressureState}} DroppedMessage
 * @typedef {{kind: "slow_down", suggestedFps: number | null}} SlowDownMessage
 * @typedef {{kind: "error", code: string, detail: string}} ErrorMessage
 * @typedef {{kind: "unknown"}} UnknownMessage
 * @typedef {ResultMessage | DroppedMessage | SlowDownMessage | ErrorMessage | UnknownMessage} Message
 */

/**
 * @param {unknown} data the text of one WebSocket message
 * @returns {Message}
 */
export function readMessage(data) {
  const message = parsed(data);
  if (typeof message["error"] === "string") {
    return { kind: "error", code: message["error"], detail: text(message["detail"]) };
  }
  if (message["warning"] === "slow_down") {
    return { kind: "slow_down", suggestedFps: number(message["suggested_fps"]) };
  }
  const frameIndex = number(message["frame_index"]);
  if (frameIndex === null) return { kind: "unknown" };
  if (message["dropped"] === true) return { kind: "dropped", frameIndex, pressure: pressure(message) };
  return result(frameIndex, message);
}

/**
 * @param {number} frameIndex
 * @param {Record<string, unknown>} message
 * @returns {ResultMessage}
 */
function result(frameIndex, message) {
  const found = record(message["result"]);
  const list = Array.isArray(found["detections"]) ? found["detections"] : [];
  return {
    kind: "result",
    frameIndex,
    detections: list.flatMap(readDetection),
    text: text(found["text"]),
    counts: record(found["counts"]),
    timingsMs: timings(record(message["timings_ms"])),
    pressure: pressure(message),
    warnings: Array.isArray(message["warnings"]) ? message["warnings"].map(text).filter(Boolean) : [],
  };
}

/**
 * @param {Record<string, unknown>} message
 * @returns {PressureState} normal where the server does not say
 */
function pressure({ backpressure }) {
  return backpressure === "warning" || backpressure === "critical" ? backpressure : "normal";
}

/**
 * @param {unknown} value
 * @returns {Detection[]} one detection, or none where it has no box
 */
function readDetection(value) {
  const fields = record(value);
  const [x, y, w, h] = ["x", "y", "w", "h"].map((name) => number(fields[name]));
  if (x == null || y == null || w == null || h == null) return [];
  /** @type {Detection} */
  const detection = { x, y, w, h, label: text(fields["label"]), score: number(fields["score"]) ?? 0 };
  const read = text(fields["text"]).trim();
  if (read) detection.text = read;
  const textScore = number(fields["text_score"]);
  if (textScore !== null) detection.textScore = textScore;
  const textAgeMs = number(fields["text_age_ms"]);
  if (textAgeMs !== null) detection.textAgeMs = textAgeMs;
  const trackId = number(fields["track_id"]);
  if (trackId !== null) detection.trackId = trackId;
  const polygon = readPolygon(fields["polygon"]);
  if (polygon) detection.polygon = polygon;
  return [detection];
}

/**
 * @param {unknown} value
 * @returns {Corner[] | null} four corners, or null
 */
function readPolygon(value) {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const corners = value.flatMap((corner) => {
    const [x, y] = Array.isArray(corner) ? corner.map(number) : [];
    return x == null || y == null ? [] : [/** @type {[number, number]} */ ([x, y])];
  });
  return corners.length === 4 ? corners : null;
}

/** @param {Record<string, unknown>} fields */
function timings(fields) {
  const pairs = Object.entries(fields).filter((pair) => number(pair[1]) !== null);
  return /** @type {Record<string, number>} */ (Object.fromEntries(pairs));
}

/** @param {unknown} data */
function parsed(data) {
  if (typeof data !== "string") return {};
  try {
    return record(JSON.parse(data));
  } catch {
    return {};
  }
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function record(value) {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? /** @type {Record<string, unknown>} */ (value) : {};
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : "";
}
