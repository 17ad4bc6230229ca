import { FRAME_LIMIT } from "./framesize.js";

/**
 * @typedef {import("./geometry.js").Size} Size
 * @typedef {import("./encoder.js").Plan} Plan
 */

export const JPEG_QUALITY = 0.8;

/** Shares of the chosen quality and size: quality goes first, for a smaller picture costs letters. */
export const STEPS = Object.freeze([
  { quality: 1, size: 1 },
  { quality: 0.875, size: 1 },
  { quality: 0.75, size: 1 },
  { quality: 0.75, size: 0.75 },
  { quality: 0.625, size: 0.75 },
  { quality: 0.625, size: 0.5 },
]);

/** Bytes that stay unsent for this long are more than the network takes. */
export const STAY_MS = 300;
/** A step shows what it does only after a while. */
export const SETTLE_MS = 1000;
/** After this long without trouble one step back up is tried. */
export const CALM_MS = 5000;
/** A step up that fails at once makes the next one wait longer, up to this. */
export const LONGEST_CALM_MS = 40_000;

/** How good and how large frames are made, by what the socket has left unsent. */
export class Quality {
  #now;
  #quality = JPEG_QUALITY;
  /** @type {Size} */
  #size = FRAME_LIMIT;
  #level = 0;
  #calmMs = CALM_MS;
  /** Since when bytes have been waiting; null while none do. @type {number | null} */
  #waitingSince = null;
  #quietSince = -Infinity;
  #steppedAt = -Infinity;
  #wasUp = false;

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
  }

  /** How many steps below what was chosen. */
  get level() {
    return this.#level;
  }

  /** @returns {Plan} */
  get plan() {
    const step = STEPS[this.#level] ?? { quality: 1, size: 1 };
    return {
      quality: Math.round(this.#quality * step.quality * 100) / 100,
      limit: { width: this.#size.width * step.size, height: this.#size.height * step.size },
    };
  }

  /**
   * What is sent when nothing is in the way.
   *
   * @param {{quality?: number, size?: Size}} chosen
   */
  configure({ quality, size }) {
    if (quality !== undefined) this.#quality = quality;
    if (size !== undefined) this.#size = size;
  }

  /** A new stream begins, which has learnt nothing yet. */
  reset() {
    this.#level = 0;
    this.#calmMs = CALM_MS;
    this.restart();
  }

  /** A new connection begins: nothing waits in it. The step learnt so far stays. */
  restart() {
    this.#waitingSince = null;
    this.#quietSince = this.#steppedAt = this.#now();
    this.#wasUp = false;
  }

  /**
   * Called for every picture, sent or not.
   *
   * @param {number} bufferedAmount bytes given to the socket that have not left
   */
  observe(bufferedAmount) {
    const now = this.#now();
    if (bufferedAmount > 0) this.#waits(now);
    else this.#flows(now);
  }

  /** @param {number} now */
  #waits(now) {
    this.#waitingSince ??= now;
    if (now - this.#waitingSince < STAY_MS) return;
    this.#quietSince = now;
    if (now - this.#steppedAt >= SETTLE_MS) this.#stepDown(now);
  }

  /** @param {number} now */
  #flows(now) {
    this.#waitingSince = null;
    // A step up that lasted was right: the next one need not wait longer.
    if (this.#wasUp && now - this.#steppedAt >= CALM_MS) this.#calmMs = CALM_MS;
    if (this.#level > 0 && now - Math.max(this.#quietSince, this.#steppedAt) >= this.#calmMs) this.#stepUp(now);
  }

  /** @param {number} now */
  #stepDown(now) {
    if (this.#level >= STEPS.length - 1) return;
    if (this.#wasUp) this.#calmMs = Math.min(LONGEST_CALM_MS, this.#calmMs * 2);
    this.#wasUp = false;
    this.#level += 1;
    this.#steppedAt = now;
  }

  /** @param {number} now */
  #stepUp(now) {
    this.#wasUp = true;
    this.#level -= 1;
    this.#steppedAt = now;
  }
}
