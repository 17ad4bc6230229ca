/**
 * Numbers and detections in the words that the page shows.
 *
 * @typedef {import("./messages.js").Detection} Detection
 */

/** The label of the bundled text detector says no more than the text it stands for. */
const TEXT_LABEL = "text";

/** @param {number} score from 0 to 1 */
export function percent(score) {
  return `${Math.round(Math.min(Math.max(score, 0), 1) * 100)}%`;
}

/** @param {number} delayMs */
export function milliseconds(delayMs) {
  return delayMs < 1000 ? `${Math.round(delayMs)} ms` : `${(delayMs / 1000).toFixed(1)} s`;
}

/**
 * What stands beside a box: the text that was read with the reader's score, else the label with the detector's.
 *
 * @param {Detection} detection
 */
export function caption({ label, score, text, textScore, trackId }) {
  const name = trackId === undefined ? label : `${label} #${trackId}`;
  if (text === undefined) return `${name} ${percent(score)}`.trim();
  const read = `${text} ${percent(textScore ?? score)}`;
  return label === TEXT_LABEL || label === "" ? read : `${name}: ${read}`;
}

/** @param {number} remainingMs */
export function countdown(remainingMs) {
  return `in ${Math.max(1, Math.ceil(remainingMs / 1000))} s`;
}
