import { clamp } from "./geometry.js";

/**
 * Where a thing is between two answers.
 *
 * @typedef {{x: number, y: number, w: number, h: number}} Box fractions of the frame, origin top left
 * @typedef {{time: number, centre: Pair, size: Pair}} Sample
 * @typedef {readonly [number, number]} Pair
 * @typedef {"centre" | "size"} Name
 * @typedef {{time: number, at: Pair, speed: Pair}} Line `at` is where it passes at `time`; the speed is a millisecond's
 * @typedef {Line & {spread: number}} Fit `spread` is the variance of the samples' times
 */

/** No box runs further ahead of its last answer than this, in milliseconds. */
export const LONGEST_AHEAD_MS = 1000 / 3;

/** So many answers are looked back on, and for no longer than this. */
const MOST_SAMPLES = 8;
const LONGEST_LOOK_BACK_MS = 1000;
/** The part that each older answer counts for. */
const FADING = 0.75;

/** How exact detectors are: a part of the frame, and a part of the box. */
const NOISE = 0.0018;
const NOISE_OF_SIZE = 0.004;
/** Answers further than this many noises from one line are not of one motion. */
const TOLERANCE = 2.3;
/** How clearly a motion must stand out from the noise: below this nothing is believed to move. */
const DOUBT = 1;
/** How much a motion is believed that so many answers show. */
const BELIEF = Object.freeze([0, 0, 0.5, 0.7, 0.85]);

/** Nothing is taken for faster than this: fractions of the frame in a millisecond. */
const FASTEST = 0.004;

/** Time in which a correction has gone to a third, in milliseconds; and after which none is left. */
const EASING_MS = 20;
const EASED_MS = 5 * EASING_MS;
/** What moves less than this in a frame of the screen stands still for the eye; fractions of the frame. */
const UNSEEN = 0.0001;
const SCREEN_FRAME_MS = 1000 / 60;

/** @type {Pair} */
const ZERO = [0, 0];

/**
 * One thing's motion: a straight line through the longest recent stretch of answers that agrees with one. A still
 * box rests in the middle of its noise, a steady one runs on at its speed, and one that turned starts anew.
 */
export class Motion {
  /** @type {Sample[]} newest first */
  #samples = [];
  /** @type {Line} */
  #centre = { time: 0, at: ZERO, speed: ZERO };
  /** @type {Line} */
  #size = { time: 0, at: ZERO, speed: ZERO };
  /** What is left of the way from where it was drawn to where it should have been. */
  #offset = { x: 0, y: 0, w: 0, h: 0 };
  #offsetSince = -Infinity;

  /**
   * An answer has come.
   *
   * @param {Box} box
   * @param {number} takenAt when its picture was taken
   * @param {number} now
   */
  add(box, takenAt, now) {
    const drawn = this.#samples.length > 0 ? this.at(now) : null;
    this.#remember(box, takenAt);
    const noise = NOISE + NOISE_OF_SIZE * Math.max(box.w, box.h);
    this.#centre = longestLine(this.#samples, "centre", noise);
    this.#size = longestLine(this.#samples, "size", noise);
    this.#offsetSince = -Infinity;
    if (drawn) this.#easeFrom(drawn, now);
  }

  /**
   * @param {number} now
   * @returns {Box}
   */
  at(now) {
    const time = Math.min(now, this.#lastTime + LONGEST_AHEAD_MS);
    const [x, y] = along(this.#centre, time);
    const [w, h] = along(this.#size, time);
    const left = this.#uneased(now);
    const [width, height] = [Math.max(0, w + left * this.#offset.w), Math.max(0, h + left * this.#offset.h)];
    const [middleX, middleY] = [x + left * this.#offset.x, y + left * this.#offset.y];
    return { x: middleX - width / 2, y: middleY - height / 2, w: width, h: height };
  }

  /**
   * Whether a later picture of it would look different.
   *
   * @param {number} now
   */
  isMoving(now) {
    const { x, y, w, h } = this.#offset;
    if (now - this.#offsetSince < EASED_MS && Math.max(...[x, y, w, h].map(Math.abs)) > UNSEEN) return true;
    if (now > this.#lastTime + LONGEST_AHEAD_MS) return false;
    const speeds = [...this.#centre.speed, ...this.#size.speed].map(Math.abs);
    return Math.max(...speeds) * SCREEN_FRAME_MS > UNSEEN;
  }

  /**
   * The part of the offset that is left.
   *
   * @param {number} now
   */
  #uneased(now) {
    const age = Math.max(0, now - this.#offsetSince);
    return age < EASED_MS ? Math.exp(-age / EASING_MS) : 0;
  }

  get #lastTime() {
    return this.#samples[0]?.time ?? -Infinity;
  }

  /**
   * @param {Box} box
   * @param {number} time
   */
  #remember({ x, y, w, h }, time) {
    const recent = this.#samples.filter((sample) => sample.time < time && time - sample.time <= LONGEST_LOOK_BACK_MS);
    this.#samples = [{ time, centre: [x + w / 2, y + h / 2], size: [w, h] }, ...recent.slice(0, MOST_SAMPLES - 1)];
  }

  /**
   * Let the box glide from where it is drawn to where it belongs; what is a box away was somewhere else.
   *
   * @param {Box} drawn
   * @param {number} now
   */
  #easeFrom(drawn, now) {
    const right = this.at(now);
    const [w, h] = [drawn.w - right.w, drawn.h - right.h];
    const [x, y] = [drawn.x - right.x + w / 2, drawn.y - right.y + h / 2];
    if (Math.abs(x) > right.w || Math.abs(y) > right.h) return;
    this.#offset = { x, y, w, h };
    this.#offsetSince = now;
  }
}

/**
 * The line through as many of the newest samples as lie on one, its speed taken back where it is in doubt.
 *
 * @param {readonly Sample[]} samples newest first
 * @param {Name} name
 * @param {number} noise
 * @returns {Line}
 */
function longestLine(samples, name, noise) {
  let count = samples.length;
  let line = lineThrough(samples, count, name);
  while (count > 2 && !agree(samples, count, name, line, TOLERANCE * noise)) {
    count -= 1;
    line = lineThrough(samples, count, name);
  }
  return believed(line, samples, count, name, noise);
}

/**
 * As much of a line as there is reason to believe in, from the newest sample on.
 *
 * @param {Fit} line
 * @param {readonly Sample[]} samples
 * @param {number} count how many of them lie on it
 * @param {Name} name
 * @param {number} noise
 * @returns {Line}
 */
function believed({ time, at, speed, spread }, samples, count, name, noise) {
  const [newest] = samples;
  if (!newest || count < 2) return { time, at, speed: ZERO };
  if (count === 2 && isApart(samples)) return { time: newest.time, at: newest[name], speed: ZERO };
  const clarity = ((speed[0] ** 2 + speed[1] ** 2) * spread) / noise ** 2;
  const sure = clamp(1 - DOUBT / clarity, 0, 1);
  const ahead = Math.min(sure * (BELIEF[count] ?? 1), FASTEST / Math.hypot(...speed));
  const now = along({ time, at, speed: [sure * speed[0], sure * speed[1]] }, newest.time);
  return { time: newest.time, at: now, speed: [ahead * speed[0], ahead * speed[1]] };
}

/**
 * Least squares, the newest counting most.
 *
 * @param {readonly Sample[]} samples
 * @param {number} count
 * @param {Name} name
 * @returns {Fit}
 */
function lineThrough(samples, count, name) {
  const time = mean(samples, count, (sample) => sample.time);
  const x = mean(samples, count, (sample) => sample[name][0]);
  const y = mean(samples, count, (sample) => sample[name][1]);
  const spread = mean(samples, count, (sample) => (sample.time - time) ** 2);
  if (spread === 0) return { time, at: [x, y], speed: ZERO, spread };
  const speedX = mean(samples, count, (sample) => (sample.time - time) * (sample[name][0] - x)) / spread;
  const speedY = mean(samples, count, (sample) => (sample.time - time) * (sample[name][1] - y)) / spread;
  return { time, at: [x, y], speed: [speedX, speedY], spread };
}

/**
 * @param {readonly Sample[]} samples
 * @param {number} count
 * @param {(sample: Sample) => number} valueOf
 */
function mean(samples, count, valueOf) {
  let [sum, weights, weight] = [0, 0, 1];
  for (const sample of samples) {
    if (count-- <= 0) break;
    sum += weight * valueOf(sample);
    weights += weight;
    weight *= FADING;
  }
  return sum / weights;
}

/**
 * @param {readonly Sample[]} samples
 * @param {number} count
 * @param {Name} name
 * @param {Line} line
 * @param {number} tolerance
 */
function agree(samples, count, name, line, tolerance) {
  return samples.slice(0, count).every((sample) => {
    const [x, y] = along(line, sample.time);
    return Math.hypot(sample[name][0] - x, sample[name][1] - y) <= tolerance;
  });
}

/**
 * Whether the newest box is so far from the one before that it does not touch it.
 *
 * @param {readonly Sample[]} samples
 */
function isApart([newest, before]) {
  if (!newest || !before) return false;
  return newest.size.some((side, axis) => Math.abs((newest.centre[axis] ?? 0) - (before.centre[axis] ?? 0)) > side);
}

/**
 * @param {Line} line
 * @param {number} time
 * @returns {Pair}
 */
function along({ time: then, at: [x, y], speed: [speedX, speedY] }, time) {
  return [x + speedX * (time - then), y + speedY * (time - then)];
}
