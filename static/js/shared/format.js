/**
 * Formats numbers and detections for the page.
 *
 * @typedef {import("../live/transport/messages.js").Detection} Detection
 */

/** The label of the bundled text detector says no more than the text it stands for. */
const TEXT_LABEL = "text";

/** @param {number} score from 0 to 1 */
export function percent(score) {
  return `${Math.round(Math.min(Math.max(score, 0), 1) * 100)}%`;
}

/** @param {number} delayMs */
export function milliseconds(delayMs) {
  const whole = Math.round(delayMs);
  return whole < 1000 ? `${whole} ms` : `${(delayMs / 1000).toFixed(1)} s`;
}

/**
 * The confidence shown beside a box: of the text where text was read, else of the detection.
 *
 * @param {Pick<Detection, "score" | "text" | "textScore">} detection
 */
export function confidenceOf({ score, text, textScore }) {
  return text === undefined ? score : (textScore ?? score);
}

/**
 * The caption of a box.
 *
 * @param {Detection} detection
 * @param {{labels: boolean, scores: boolean, text: boolean, tracks: boolean}} layers which of it is wanted
 * @returns {{words: string, score: string}} empty where there is nothing to say
 */
export function captionOf(detection, { labels, scores, text, tracks }) {
  const read = text ? (detection.text ?? "") : "";
  const label = labels && !(read && detection.label === TEXT_LABEL) ? detection.label : "";
  const track = tracks && detection.trackId !== undefined ? `#${detection.trackId}` : "";
  const name = [label, track].filter(Boolean).join(" ");
  const words = name && read ? `${name}: ${read}` : name + read;
  return { words, score: scores ? percent(confidenceOf(detection)) : "" };
}

/** @param {number} remainingMs */
export function countdown(remainingMs) {
  return `in ${Math.max(1, Math.ceil(remainingMs / 1000))} s`;
}

/** @param {Date} time */
export function timeOfDay(time) {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
