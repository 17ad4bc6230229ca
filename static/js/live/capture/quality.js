import { LOWEST_QUALITY } from "../options.js";
import { FRAME_LIMIT } from "./frame-size.js";

/**
 * @typedef {import("../../shared/geometry.js").Size} Size
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

/** No step goes below this, nor below the lowest quality that can be chosen. A size that was chosen smaller stays. */
export const SHORTEST_LONG_SIDE = 320;

/** A network that is slow for this long is no accident. */
export const STAY_MS = 300;
/** A step shows what it does only after a while. */
export const SETTLE_MS = 1000;
/** After this long without trouble one step back up is tried. */
export const CALM_MS = 5000;
/** A step up that fails at once makes the next one wait longer, up to this. */
export const LONGEST_CALM_MS = 40_000;

/** A frame and its answer that are under way for longer than this make the picture lag; for less than that do not. */
export const SLOW_TRIP_MS = 200;
export const QUICK_TRIP_MS = 100;
/** If the smallest frames travel hardly faster than the largest, their size is not the reason. */
const HARDLY_FASTER = 0.7;
/** Then it is not tried again for this long. */
export const FUTILE_MS = 300_000;
/** The first answers after a step are to frames of before; then two are asked, for one may be an accident. */
const OLD_TRIPS = 2;
const ENOUGH_TRIPS = 4;
/** The weight of the newest trip in the average. */
const SMOOTHING = 0.3;

/**
 * Chooses JPEG quality and frame size: reduced on a slow network, restored afterwards.
 *
 * It is slow where bytes stay unsent in the socket, or, as few frames are ever unsent and the system takes those in,
 * where frames and answers travel for long.
 */
export class Quality {
  #now;
  #quality = JPEG_QUALITY;
  /** @type {Size} */
  #size = FRAME_LIMIT;
  #level = 0;
  #calmMs = CALM_MS;
  #isBuffering = false;
  #tripMs = 0;
  /** Answers since the last step. */
  #trips = 0;
  /** Since when the network has been slow; null while it is not. @type {number | null} */
  #slowSince = null;
  #quietSince = -Infinity;
  #steppedAt = -Infinity;
  #wasUp = false;
  /** The travel time of frames at the chosen quality, before the first step down. */
  #fullTripMs = 0;
  #futileUntil = -Infinity;

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
  }

  /** The number of steps below the chosen quality. */
  get level() {
    return this.#level;
  }

  /** The recent travel time of a frame and its answer, without the server's time. */
  get tripMs() {
    return this.#tripMs;
  }

  /** @returns {Plan} */
  get plan() {
    const step = STEPS[this.#level] ?? { quality: 1, size: 1 };
    const quality = Math.max(this.#quality * step.quality, LOWEST_QUALITY);
    const { width, height } = this.#size;
    const share = Math.max(step.size, Math.min(1, SHORTEST_LONG_SIDE / Math.max(width, height)));
    return { quality: Math.round(quality * 100) / 100, limit: { width: width * share, height: height * share } };
  }

  /**
   * Set the quality and the size that are used on a fast network.
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
    this.#futileUntil = -Infinity;
    this.restart();
  }

  /** A new connection begins: nothing is under way in it. The step learnt so far stays. */
  restart() {
    this.#isBuffering = this.#wasUp = false;
    this.#tripMs = this.#trips = 0;
    this.#slowSince = null;
    this.#quietSince = this.#steppedAt = this.#now();
  }

  /**
   * Called for every picture, sent or not.
   *
   * @param {number} bufferedAmount bytes given to the socket that have not left
   */
  observe(bufferedAmount) {
    this.#isBuffering = bufferedAmount > 0;
    const now = this.#now();
    if (this.#isSlow(now)) this.#slow(now);
    else this.#flows(now);
  }

  /**
   * A frame was answered.
   *
   * @param {number} tripMs how long it and its answer were under way
   */
  travelled(tripMs) {
    this.#trips += 1;
    if (this.#trips <= OLD_TRIPS) return;
    this.#tripMs += (this.#trips === OLD_TRIPS + 1 ? 1 : SMOOTHING) * (tripMs - this.#tripMs);
  }

  /** @param {number} now */
  #isSlow(now) {
    const isFar = this.#trips >= ENOUGH_TRIPS && this.#tripMs > SLOW_TRIP_MS;
    return this.#isBuffering || (isFar && now >= this.#futileUntil);
  }

  /** @param {number} now */
  #slow(now) {
    this.#slowSince ??= now;
    if (now - this.#slowSince < STAY_MS) return;
    this.#quietSince = now;
    if (now - this.#steppedAt < SETTLE_MS) return;
    if (this.#isFutile()) this.#giveUp(now);
    else this.#stepDown(now);
  }

  /** @param {number} now */
  #flows(now) {
    this.#slowSince = null;
    // A step up that lasted was right: the next one need not wait longer.
    if (this.#wasUp && now - this.#steppedAt >= CALM_MS) this.#calmMs = CALM_MS;
    const calmSince = Math.max(this.#quietSince, this.#steppedAt);
    const isQuick = this.#tripMs < QUICK_TRIP_MS || now < this.#futileUntil;
    if (this.#level > 0 && isQuick && now - calmSince >= this.#calmMs) this.#stepUp(now);
  }

  #isFutile() {
    return !this.#isBuffering && this.#level === STEPS.length - 1 && this.#tripMs > HARDLY_FASTER * this.#fullTripMs;
  }

  /**
   * The other end is far away, and smaller frames do not bring it nearer.
   *
   * @param {number} now
   */
  #giveUp(now) {
    this.#futileUntil = now + FUTILE_MS;
    this.#step(-this.#level, now);
  }

  /** @param {number} now */
  #stepDown(now) {
    if (this.#level >= STEPS.length - 1) return;
    if (this.#level === 0) this.#fullTripMs = this.#tripMs;
    if (this.#wasUp) this.#calmMs = Math.min(LONGEST_CALM_MS, this.#calmMs * 2);
    this.#wasUp = false;
    this.#step(1, now);
  }

  /** @param {number} now */
  #stepUp(now) {
    this.#wasUp = true;
    this.#step(-1, now);
  }

  /**
   * @param {number} levels
   * @param {number} now
   */
  #step(levels, now) {
    this.#level += levels;
    this.#steppedAt = now;
    this.#trips = 0;
  }
}
