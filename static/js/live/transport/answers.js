import { clamp } from "../../shared/geometry.js";
import { Rate } from "./rate.js";
import { SentFrames } from "./sent-frames.js";

/**
 * @typedef {import("../state.js").LiveState} LiveState
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./messages.js").ResultMessage} ResultMessage
 * @typedef {import("./messages.js").PressureState} PressureState
 * @typedef {import("./sent-frames.js").SentFrame} SentFrame
 * @typedef {object} Stats hears of everything that is counted
 * @property {(frame: {bytes: number}) => void} frameSent
 * @property {(answer: {latencyMs: number, timingsMs: Readonly<Record<string, number>>}) => void} frameAnswered
 * @property {() => void} frameDropped
 * @property {() => void} slowedDown
 * @property {(name: string) => void} connectionChanged
 */

/** Boxes that no answer has renewed for this long say nothing about the picture any more. */
export const FRESH_MS = 1000;
/** If answers come seldom, boxes stay for more than two of them, but no longer than this. */
export const LONGEST_FRESH_MS = 5000;
const FRESH_ANSWERS = 2.5;
/** So many warnings are kept, the newest ones. */
export const MOST_WARNINGS = 5;

export const NOTHING_SHOWN = Object.freeze({ frame: null, delayMs: null, fps: null });

/** Applies the server's messages to the state, the pacing and the statistics. */
export class Answers {
  #store;
  #pacing;
  #quality;
  #stats;
  #clock;
  #frames = new SentFrames();
  #rate = new Rate();
  /** @type {unknown} */
  #freshTimer = null;
  /** @type {SentFrame | null} */
  #newest = null;
  /** @type {PressureState} */
  #pressure = "normal";

  /**
   * @param {object} needs
   * @param {import("../store.js").Store<LiveState>} needs.store
   * @param {import("./pacing.js").Pacing} needs.pacing
   * @param {import("../capture/quality.js").Quality} needs.quality
   * @param {Stats} needs.stats
   * @param {import("../../shared/clock.js").Clock} needs.clock
   */
  constructor({ store, pacing, quality, stats, clock }) {
    this.#store = store;
    this.#pacing = pacing;
    this.#quality = quality;
    this.#stats = stats;
    this.#clock = clock;
  }

  /** The backpressure state, as the server reported it last. */
  get pressure() {
    return this.#pressure;
  }

  /** The frame that was sent last. */
  get newest() {
    return this.#newest;
  }

  /**
   * @param {number} frameIndex
   * @param {SentFrame} frame
   */
  frameSent = (frameIndex, frame) => {
    this.#newest = frame;
    this.#frames.add(frameIndex, frame);
    this.#stats.frameSent({ bytes: frame.jpeg.size });
  };

  /** @param {Message} message */
  received(message) {
    if (message.kind === "result") this.#answered(message);
    else if (message.kind === "dropped") {
      this.#pressure = message.pressure;
      this.#frames.take(message.frameIndex);
      this.#pacing.answered(message.frameIndex, true, message.pressure);
      this.#stats.frameDropped();
    } else if (message.kind === "slow_down") {
      this.#pacing.slowDown(message.suggestedFps);
      this.#stats.slowedDown();
    }
  }

  /** Expect no more answers to the frames sent so far. */
  restart() {
    this.#pressure = "normal";
    this.#rate.clear();
    this.#store.update({ warnings: Object.freeze([]) });
    this.forgetPictures();
  }

  /** Show no answers to the frames sent so far: they are of another source. */
  forgetPictures() {
    this.#newest = null;
    this.#frames.clear();
    this.#clock.clearTimeout(this.#freshTimer);
    this.#store.update(NOTHING_SHOWN);
  }

  /** @param {ResultMessage} result */
  #answered({ frameIndex, detections, text, counts, timingsMs, pressure, warnings }) {
    this.#pressure = pressure;
    this.#warned(warnings);
    const delayMs = this.#pacing.answered(frameIndex, false, pressure);
    const sent = this.#frames.take(frameIndex);
    const fps = this.#rate.add(this.#clock.now());
    // What the server did not take, the network did.
    if (timingsMs["total"] !== undefined) this.#quality.travelled(this.#pacing.tripMs - timingsMs["total"]);
    if (delayMs !== null) this.#stats.frameAnswered({ latencyMs: delayMs, timingsMs });
    this.#store.update({ isWarming: false, isWaiting: false });
    if (!sent) return;
    this.#keepFresh(fps);
    const frame = Object.freeze({ frameIndex, detections, text, counts, timingsMs, ...sent });
    this.#store.update({ frame, delayMs, fps });
  }

  /** @param {readonly string[]} warnings each is sent once, so it is kept for as long as the session lasts */
  #warned(warnings) {
    const known = this.#store.state.warnings;
    const added = warnings.filter((warning) => !known.includes(warning));
    if (added.length) this.#store.update({ warnings: Object.freeze([...known, ...added].slice(-MOST_WARNINGS)) });
  }

  /** @param {number | null} fps */
  #keepFresh(fps) {
    const freshMs = fps === null ? FRESH_MS : clamp((FRESH_ANSWERS * 1000) / fps, FRESH_MS, LONGEST_FRESH_MS);
    this.#clock.clearTimeout(this.#freshTimer);
    this.#freshTimer = this.#clock.setTimeout(() => this.#store.update(NOTHING_SHOWN), freshMs);
  }
}
