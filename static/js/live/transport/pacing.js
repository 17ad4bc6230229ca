import { FPSThrottler, PRESSED_MS } from "./fps-throttler.js";

/** @typedef {import("./messages.js").PressureState} PressureState */

/** Frames that may wait for their answer at once: one that runs and one that is held. */
export const MOST_UNANSWERED = 2;
/** Before the first result the pipeline may still be loading: one fresh frame now and then is enough. */
export const WARMING_INTERVAL_MS = 1000;
/** The weight of the newest measurement of the server's working time. */
const SMOOTHING = 0.3;

/**
 * Decides when a frame may be sent: the throttler's rate, and a limit of unanswered frames.
 *
 * Frames of one connection are numbered from 1, as the server numbers them. Times are milliseconds of `now`.
 */
export class Pacing {
  #now;
  #throttler;
  #warming = true;
  #nextIndex = 1;
  #heard = -Infinity;
  #answeredAt = -Infinity;
  #workMs = 0;
  #tripMs = 0;
  /** @type {Map<number, {takenAt: number, sentAt: number}>} by frame index, oldest first */
  #unanswered = new Map();

  /**
   * @param {() => number} now
   * @param {FPSThrottler} throttler
   */
  constructor(now, throttler = new FPSThrottler(now)) {
    this.#now = now;
    this.#throttler = throttler;
  }

  /** The rate aimed at now. */
  get fps() {
    return this.#throttler.fps;
  }

  get throttler() {
    return this.#throttler;
  }

  get unanswered() {
    return this.#unanswered.size;
  }

  /** No result has come on this connection yet. */
  get isWarming() {
    return this.#warming;
  }

  /** The server's recent working time per frame; 0 while unknown. */
  get workMs() {
    return this.#workMs;
  }

  /** From sending the frame that was answered last until its answer. */
  get tripMs() {
    return this.#tripMs;
  }

  /** The time for which the server has owed an answer without saying anything; 0 where it owes none. */
  get silenceMs() {
    const oldest = this.#oldestSentAt;
    return oldest === null ? 0 : this.#now() - Math.max(oldest, this.#heard);
  }

  /** A new connection begins: nothing is owed, and numbers start again. The rate learnt so far stays. */
  restart() {
    this.#unanswered.clear();
    this.#nextIndex = 1;
    this.#warming = true;
    this.#throttler.restart();
    this.#heard = this.#answeredAt = this.#now();
    this.#workMs = 0;
  }

  /** A new stream begins, which has learnt nothing yet. */
  reset() {
    this.#throttler.reset();
    this.restart();
  }

  /** True where a frame may be sent now. */
  mayStart() {
    this.#throttler.climb();
    return this.#unanswered.size < MOST_UNANSWERED && this.#throttler.isDue(this.#intervalMs) && this.#isWorthwhile;
  }

  /**
   * A frame was sent.
   *
   * @param {number} takenAt when its picture was taken
   * @returns {number} its index
   */
  sent(takenAt) {
    this.#throttler.sent(this.#intervalMs);
    const index = this.#nextIndex++;
    this.#unanswered.set(index, { takenAt, sentAt: this.#now() });
    return index;
  }

  /**
   * The answer of a frame came.
   *
   * @param {number} frameIndex
   * @param {boolean} dropped
   * @param {PressureState} pressure
   * @returns {number | null} milliseconds since its picture was taken; null for a frame nobody waits for
   */
  answered(frameIndex, dropped, pressure = "normal") {
    const now = this.#now();
    this.#heard = now;
    const frame = this.#unanswered.get(frameIndex);
    this.#unanswered.delete(frameIndex);
    this.#tripMs = now - (frame?.sentAt ?? now);
    if (dropped) this.#throttler.rest();
    else this.#learn(frame?.sentAt ?? now, now);
    if (pressure !== "normal") this.#throttler.rest(PRESSED_MS);
    return frame === undefined ? null : now - frame.takenAt;
  }

  /**
   * The server asks for fewer frames. While the pipeline still loads this says nothing about its speed.
   *
   * @param {number | null} suggestedFps
   */
  slowDown(suggestedFps) {
    if (!this.#warming) this.#throttler.slowDown(suggestedFps);
  }

  /**
   * A frame that would only wait behind another one grows old there: the second one is sent when the server should
   * be about to finish the first.
   */
  get #isWorthwhile() {
    const oldest = this.#oldestSentAt;
    if (oldest === null || this.#warming) return true;
    return this.#now() - Math.max(oldest, this.#answeredAt) >= this.#workMs - this.#intervalMs;
  }

  get #oldestSentAt() {
    const [oldest] = this.#unanswered.values();
    return oldest === undefined ? null : oldest.sentAt;
  }

  /**
   * Learn from a result how long the server works on a frame.
   *
   * @param {number} sentAt
   * @param {number} now
   */
  #learn(sentAt, now) {
    // It began with this frame when that came, or when it had finished the one before.
    const workMs = now - Math.max(sentAt, this.#answeredAt);
    this.#answeredAt = now;
    if (this.#warming) {
      this.#warming = false;
      this.#throttler.restart();
    } else {
      this.#workMs = this.#workMs === 0 ? workMs : this.#workMs + SMOOTHING * (workMs - this.#workMs);
    }
  }

  get #intervalMs() {
    return this.#warming ? WARMING_INTERVAL_MS : this.#throttler.intervalMs;
  }
}
