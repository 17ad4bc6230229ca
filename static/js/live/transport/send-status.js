/**
 * The state of the sender, and the reason for its present rate in plain words.
 *
 * @typedef {import("./messages.js").PressureState} PressureState
 * @typedef {object} SendStatus
 * @property {number} targetFps
 * @property {number} unanswered
 * @property {number} width of the frames sent lately; 0 before the first
 * @property {number} height
 * @property {number} quality of their JPEG
 * @property {number} bufferedAmount bytes that have not left yet
 * @property {PressureState} backpressure what the server said last
 * @property {string} encodedIn worker or page
 * @property {string} why
 * @typedef {object} Facts
 * @property {boolean} isOn
 * @property {boolean} isConnected
 * @property {boolean} isWarming
 * @property {boolean} isWaiting the server has owed an answer for a while
 * @property {number} fps the rate aimed at
 * @property {number} maxFps
 * @property {boolean} isResting after the server asked for less, or dropped a frame
 * @property {number} workMs from one answer to the next, where frames are always waiting
 * @property {number} tripMs what the network takes of that
 * @property {number} quality
 * @property {{width: number, height: number}} limit
 * @property {number} level steps below the chosen quality and size
 */

/**
 * @param {Facts} facts
 * @returns {string} one sentence without its full stop
 */
export function whyOf(facts) {
  if (!facts.isOn) return "Nothing is sent: there is no picture";
  if (!facts.isConnected) return "Nothing is sent: there is no connection";
  if (facts.isWarming) return "One frame a second while the pipeline loads";
  if (facts.isWaiting) return "Nothing is sent: the server has not answered for a while";
  const rate = rateOf(facts);
  return facts.level > 0 ? `${rate}; ${qualityOf(facts)}` : rate;
}

/** @param {Facts} facts */
function rateOf({ fps, maxFps, isResting, workMs, tripMs }) {
  if (fps < maxFps && isResting) return `${shown(fps)} fps: the server asked for fewer frames`;
  if (fps < maxFps) return `Climbing back to ${shown(maxFps)} fps: ${shown(fps)} now`;
  // Answers pace the stream where they take longer than a new frame does.
  if (workMs <= 1000 / fps) return `${shown(fps)} fps, nothing is in the way`;
  const who = tripMs > workMs / 2 ? "network" : "server";
  return `${shown(1000 / workMs)} fps: the ${who} takes ${Math.round(workMs)} ms for a frame`;
}

/** @param {Facts} facts */
function qualityOf({ quality, limit }) {
  const size = `${Math.round(limit.width)}x${Math.round(limit.height)}`;
  return `JPEG quality ${quality} at ${size} at most: the network is slow`;
}

/** @param {number} fps */
function shown(fps) {
  return String(Math.round(fps * 10) / 10);
}
