/**
 * The lines of text read recently, without duplicates.
 *
 * @typedef {import("../transport/messages.js").Detection} Detection
 * @typedef {object} Line
 * @property {number} id stays the same while the line is kept
 * @property {string} text
 * @property {number} score
 * @property {number} readAt when it was news
 * @property {number} lastSeen
 */

/** More lines than this are not kept; the oldest go. */
export const MOST_LINES = 50;
/** A reading below this is a guess. */
export const LEAST_SCORE = 0.5;
/** A line that comes back after so long is news again. */
export const NEWS_AFTER_MS = 10_000;
/** Two readings are one line where no more than this part of their characters differs. */
const MOST_DIFFERENCE = 0.25;

/** Collects readings frame by frame; the same line, read slightly differently, stays one line. */
export class ReadLines {
  /** @type {Line[]} newest first */
  #lines = [];
  #nextId = 1;

  /** @returns {readonly Readonly<Line>[]} newest first */
  get lines() {
    return this.#lines;
  }

  /**
   * Take in what one frame says.
   *
   * @param {readonly Detection[]} detections
   * @param {number} now milliseconds
   * @returns {boolean} whether anything that is shown has changed
   */
  add(detections, now) {
    // From the bottom up, so that the lines of one frame stand in the order in which they are read.
    const upwards = [...detections].sort((a, b) => b.y - a.y || b.x - a.x);
    const readings = upwards.flatMap(readingOf).map((reading) => this.#take(reading, now));
    this.#lines.length = Math.min(this.#lines.length, MOST_LINES);
    return readings.some((changed) => changed);
  }

  clear() {
    this.#lines = [];
  }

  /**
   * @param {{text: string, score: number}} reading
   * @param {number} now
   */
  #take(reading, now) {
    const known = this.#find(reading.text);
    if (!known) {
      this.#lines.unshift({ id: this.#nextId++, ...reading, readAt: now, lastSeen: now });
      return true;
    }
    const isNews = now - known.lastSeen > NEWS_AFTER_MS;
    if (isNews) this.#moveToTop(known, now);
    known.lastSeen = now;
    const isBetter = reading.score > known.score;
    if (isBetter) Object.assign(known, reading);
    return isNews || isBetter;
  }

  /**
   * @param {Line} line
   * @param {number} now
   */
  #moveToTop(line, now) {
    line.readAt = now;
    this.#lines = [line, ...this.#lines.filter((other) => other !== line)];
  }

  /** @param {string} text */
  #find(text) {
    return this.#lines.find((line) => line.text === text) ?? this.#lines.find((line) => isSameLine(line.text, text));
  }
}

/**
 * @param {Detection} detection
 * @returns {{text: string, score: number}[]} one reading, or none where nothing was read or only guessed
 */
function readingOf({ text, textScore, score }) {
  const reading = { text: (text ?? "").replace(/\s+/g, " ").trim(), score: textScore ?? score };
  return reading.text && reading.score >= LEAST_SCORE ? [reading] : [];
}

/**
 * True where two readings are of one line. Digits must agree: gate 12 is not gate 13.
 *
 * @param {string} a
 * @param {string} b
 */
export function isSameLine(a, b) {
  const [plainA, plainB] = [plain(a), plain(b)];
  if (plainA === plainB) return plainA !== "" || a === b;
  if (digits(a) !== digits(b)) return false;
  const most = Math.floor(Math.max(plainA.length, plainB.length) * MOST_DIFFERENCE);
  return Math.abs(plainA.length - plainB.length) <= most && editDistance(plainA, plainB) <= most;
}

/** @param {string} text */
function plain(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** @param {string} text */
function digits(text) {
  return text.replace(/\D/g, "");
}

/**
 * The Levenshtein distance of two strings, computed one row at a time.
 *
 * @param {string} a
 * @param {string} b
 */
export function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
