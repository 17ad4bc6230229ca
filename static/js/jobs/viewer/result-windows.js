import { readMessage } from "../../live/transport/messages.js";
import { number, numberOrNull } from "../job.js";
import { parsed } from "../jobs-api.js";

/**
 * The results of a job, fetched in windows: a result may be far too long to be held as a whole.
 *
 * @typedef {import("../../live/transport/messages.js").Detection} Detection
 * @typedef {import("../../live/panels/count-list.js").Counts} Counts
 * @typedef {{frameIndex: number, timeS: number, detections: readonly Detection[], counts: Counts, error: string}} Line
 * @typedef {{lines: readonly Line[], isWhole: boolean, usedAt: number}} Window
 */

/** A window has about so many lines. */
export const LINES_A_WINDOW = 256;
/** More windows than this are not kept; the one that was not used for longest goes. */
export const MOST_WINDOWS = 12;
/** A window that could not be fetched is tried again after this. */
export const RETRY_MS = 3000;
/** Times of the player and of the results are of the same clock, but rounded differently. */
const ROUNDING_S = 0.002;
/** The last line of all is shown for so many frames. */
const HELD_FRAMES = 1.5;
/** The error text of a frame that failed. */
const NOTHING = Object.freeze({ detections: [], counts: {} });

export class ResultWindows {
  #fetchLines;
  #arrived;
  #failed;
  #now;
  #fps;
  #stride;
  #frames;
  #last = 0;
  #isOver = false;
  /** @type {Map<number, Window>} */
  #windows = new Map();
  /** @type {Set<number>} */
  #fetching = new Set();
  #blockedUntil = 0;
  #uses = 0;

  /**
   * @param {object} needs
   * @param {(first: number, last: number) => Promise<string[]>} needs.fetchLines
   * @param {() => void} needs.arrived there is something that was not there before
   * @param {(error: Error) => void} needs.failed
   * @param {() => number} needs.now milliseconds
   * @param {number | null} needs.fps
   * @param {number} needs.stride
   */
  constructor({ fetchLines, arrived, failed, now, fps, stride }) {
    this.#fetchLines = fetchLines;
    this.#arrived = arrived;
    this.#failed = failed;
    this.#now = now;
    this.#fps = fps || 25;
    this.#stride = stride;
    this.#frames = LINES_A_WINDOW * stride;
  }

  /**
   * Results up to this frame can be read now.
   *
   * @param {number} lastFrame
   * @param {boolean} isOver no more will come
   */
  extend(lastFrame, isOver) {
    if (lastFrame < this.#last) this.#windows.clear();
    this.#last = lastFrame;
    this.#isOver = isOver;
  }

  /**
   * The line of the frame that is shown at this time: the newest that is not later.
   *
   * @param {number} timeS
   * @returns {Line | null | undefined} null where there is none, undefined while it is not known yet
   */
  at(timeS) {
    const number = this.#windowAt(timeS);
    if (number === null) return null;
    const window = this.#windows.get(number);
    if (!window) {
      this.#fetch(number);
      return undefined;
    }
    window.usedAt = ++this.#uses;
    if (this.#isStale(number, window)) this.#fetch(number);
    const index = lastNotAfter(window.lines, timeS);
    this.#lookAhead(number, window, index);
    const line = window.lines[index];
    return line && this.#isHeld(window, index, timeS) ? line : null;
  }

  /**
   * The line of the frame after or before the one at this time.
   *
   * @param {number} timeS
   * @param {1 | -1} direction
   * @returns {Line | null | undefined} as `at`
   */
  beside(timeS, direction) {
    const number = this.#windowAt(timeS);
    const window = number === null ? undefined : this.#windows.get(number);
    if (number === null || !window) return this.at(timeS);
    const wanted = lastNotAfter(window.lines, timeS) + direction;
    if (window.lines[wanted]) return window.lines[wanted];
    const next = this.#windows.get(number + direction);
    if (!next && this.#exists(number + direction)) this.#fetch(number + direction);
    return next ? next.lines.at(direction > 0 ? 0 : -1) : undefined;
  }

  /**
   * The window that contains this time; null where it is before or beyond the results.
   *
   * @param {number} timeS
   */
  #windowAt(timeS) {
    const windows = Math.ceil(this.#last / this.#frames);
    let [low, high, highS] = [0, windows - 1, Infinity];
    for (const [number, { lines }] of this.#windows) {
      const startS = lines[0] ? lines[0].timeS : Infinity;
      if (startS <= timeS + ROUNDING_S) low = Math.max(low, number);
      else if (number <= high) [high, highS] = [number - 1, startS];
    }
    if (high < low) return null;
    const last = this.#windows.get(low)?.lines.at(-1);
    if (low === high || (last && timeS <= last.timeS + ROUNDING_S)) return low;
    const first = last ? low + 1 : low;
    return Math.min(Math.max(this.#guess(timeS, first, last?.timeS ?? 0, high, highS), first), high);
  }

  /**
   * A window somewhere from `first`, which begins after `fromS`, to `high`, which ends before `highS`. The frame rate
   * need not be constant: between two windows that are known it is measured.
   *
   * @param {number} timeS
   * @param {number} first
   * @param {number} fromS
   * @param {number} high
   * @param {number} highS
   */
  #guess(timeS, first, fromS, high, highS) {
    const between = high - first + 1;
    const windowS = highS < Infinity ? (highS - fromS) / between : this.#frames / this.#fps;
    return first + Math.floor((timeS - fromS) / windowS);
  }

  /** @param {number} number */
  #exists(number) {
    return number >= 0 && number * this.#frames < this.#last;
  }

  /**
   * @param {number} number
   * @param {Window} window
   */
  #isStale(number, window) {
    if (window.isWhole) return false;
    const next = (window.lines.at(-1)?.frameIndex ?? number * this.#frames) + this.#stride;
    return next <= this.#last && next <= (number + 1) * this.#frames;
  }

  /**
   * Fetch the next window before it is needed.
   *
   * @param {number} number
   * @param {Window} window
   * @param {number} index
   */
  #lookAhead(number, window, index) {
    if (index > window.lines.length / 2 && this.#exists(number + 1) && !this.#windows.has(number + 1)) {
      this.#fetch(number + 1);
    }
  }

  /**
   * A line is shown until the next one; the last of all for as long as its frame.
   *
   * @param {Window} window
   * @param {number} index
   * @param {number} timeS
   */
  #isHeld({ lines }, index, timeS) {
    const line = lines[index];
    if (!line || index < lines.length - 1) return line !== undefined;
    const isLast = line.frameIndex + this.#stride > this.#last;
    return !isLast || timeS - line.timeS <= (HELD_FRAMES * this.#stride) / this.#fps;
  }

  /** @param {number} number */
  async #fetch(number) {
    if (this.#fetching.has(number) || this.#now() < this.#blockedUntil) return;
    this.#fetching.add(number);
    const [first, last] = [number * this.#frames + 1, (number + 1) * this.#frames];
    const isWhole = this.#isOver || this.#last >= last;
    try {
      const lines = (await this.#fetchLines(first, last)).flatMap(readLine);
      this.#windows.set(number, { lines, isWhole, usedAt: ++this.#uses });
      this.#forgetOldest();
    } catch (error) {
      this.#blockedUntil = this.#now() + RETRY_MS;
      this.#failed(error instanceof Error ? error : new Error(String(error)));
      return;
    } finally {
      this.#fetching.delete(number);
    }
    this.#arrived();
  }

  #forgetOldest() {
    if (this.#windows.size <= MOST_WINDOWS) return;
    const [oldest] = [...this.#windows].sort((a, b) => a[1].usedAt - b[1].usedAt);
    if (oldest) this.#windows.delete(oldest[0]);
  }
}

/**
 * @param {string} data
 * @returns {Line[]} one, or none where it cannot be read
 */
export function readLine(data) {
  const fields = parsed(data);
  const [frameIndex, timeS] = [numberOrNull(fields["frame_index"]), number(fields["time_s"])];
  if (frameIndex === null) return [];
  const error = typeof fields["error"] === "string" ? fields["error"] : "";
  const message = error ? null : readMessage(data);
  const { detections, counts } = message?.kind === "result" ? message : NOTHING;
  return [{ frameIndex, timeS, detections, counts, error }];
}

/**
 * The index of the last line at or before this time; -1 where there is none.
 *
 * @param {readonly Line[]} lines
 * @param {number} timeS
 */
function lastNotAfter(lines, timeS) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.timeS ?? Infinity) <= timeS + ROUNDING_S) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
