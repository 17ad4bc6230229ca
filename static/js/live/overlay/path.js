import { clamp } from "../../shared/geometry.js";

/**
 * The way of a pair of values, such as the middle of a box, told from noisy answers about it.
 *
 * @typedef {readonly [number, number]} Pair fractions of the frame
 * @typedef {{time: number, at: Pair}} Sample
 * @typedef {{time: number, at: Pair, speed: Pair}} Line `at` is where it passes at `time`; the speed is a millisecond's
 * @typedef {Line & {spread: number}} Fit `spread` is the variance of the samples' times
 */

/** So many answers are looked back on, and for no longer than this. */
const MOST_SAMPLES = 8;
const LONGEST_LOOK_BACK_MS = 1000;
/** The part that each older answer counts for. */
const FADING = 0.65;

/** Nobody finds boxes more exactly than this: a part of the frame, and a part of the box. */
const LEAST_NOISE = 0.0014;
const LEAST_NOISE_OF_SIZE = 0.001;
/** The share of a new sample in the noise estimate, and the largest growth by one sample. */
const LEARNING = 0.15;
const MOST_GROWTH = 9;
/** Answers further than this many noises from one line are not of one motion. */
const TOLERANCE = 2.6;
/** The least ratio of motion to noise: below it the object is taken to stand still. */
const DOUBT = 1.5;
/** The confidence in a motion, by the number of answers that show it. */
const BELIEF = Object.freeze([0, 0, 0.6, 0.85]);
/** Nothing is taken for faster than this: fractions of the frame in a millisecond. */
const FASTEST = 0.004;

/** @type {Pair} */
const ZERO = [0, 0];

/**
 * A straight line through the longest recent stretch of answers that agrees with one: what stands still rests in the
 * middle of its noise, what is in steady motion runs on at its speed, and what turned starts anew.
 */
export class Path {
  /** @type {Sample[]} newest first */
  #samples = [];
  /** The variance of the answers' noise. */
  #variance = 0;
  /** @type {Line} */
  #line = { time: 0, at: ZERO, speed: ZERO };

  /** The time of the newest answer's picture; minus infinity before the first. */
  get lastTime() {
    return this.#samples[0]?.time ?? -Infinity;
  }

  get speed() {
    return this.#line.speed;
  }

  /**
   * @param {Pair} at
   * @param {Pair} size of what it is about: an answer that is further away is about something else
   * @param {number} time
   */
  add(at, size, time) {
    const recent = this.#samples.filter((sample) => sample.time < time && time - sample.time <= LONGEST_LOOK_BACK_MS);
    this.#samples = [{ time, at }, ...recent.slice(0, MOST_SAMPLES - 1)];
    const noise = this.#learnNoise((LEAST_NOISE + LEAST_NOISE_OF_SIZE * Math.max(...size)) ** 2);
    const { line, count } = longestLine(this.#samples, TOLERANCE * noise);
    const isElsewhere = count === 2 && isApart(this.#samples, size);
    this.#line = isElsewhere ? { time, at, speed: ZERO } : believed(line, count, noise, time);
  }

  /** @param {number} time */
  at(time) {
    return along(this.#line, time);
  }

  /**
   * Noise goes to and fro; a motion, or a turn of it, does not.
   *
   * @param {number} least
   * @returns {number} the standard deviation
   */
  #learnNoise(least) {
    this.#variance = Math.max(this.#variance, least);
    const [bend, before] = [bendAt(this.#samples, 1), bendAt(this.#samples, 2)];
    if (bend && before) {
      const seen = Math.max(0, -(bend[0] * before[0] + bend[1] * before[1]) / 2);
      this.#variance += LEARNING * (Math.min(seen, MOST_GROWTH * this.#variance) - this.#variance);
    }
    return Math.sqrt(Math.max(this.#variance, least));
  }
}

/**
 * The distance of a sample from the straight line between its neighbours.
 *
 * @param {readonly Sample[]} samples
 * @param {number} index
 * @returns {Pair | null} null where it has no neighbours
 */
function bendAt(samples, index) {
  const [after, middle, before] = samples.slice(index - 1, index + 2);
  if (!after || !middle || !before) return null;
  const part = (middle.time - before.time) / (after.time - before.time);
  const [x, y] = [0, 1].map((axis) => {
    const [from, to] = [before.at[axis] ?? 0, after.at[axis] ?? 0];
    return (middle.at[axis] ?? 0) - from - part * (to - from);
  });
  return [x ?? 0, y ?? 0];
}

/**
 * The line through as many of the newest samples as lie on one.
 *
 * @param {readonly Sample[]} samples
 * @param {number} tolerance
 * @returns {{line: Fit, count: number}}
 */
function longestLine(samples, tolerance) {
  let count = samples.length;
  let line = lineThrough(samples, count);
  while (count > 2 && !agree(samples, count, line, tolerance)) {
    count -= 1;
    line = lineThrough(samples, count);
  }
  return { line, count };
}

/**
 * Least squares, the newest counting most.
 *
 * @param {readonly Sample[]} samples
 * @param {number} count
 * @returns {Fit}
 */
function lineThrough(samples, count) {
  const time = mean(samples, count, (sample) => sample.time);
  const x = mean(samples, count, ({ at }) => at[0]);
  const y = mean(samples, count, ({ at }) => at[1]);
  const spread = mean(samples, count, (sample) => (sample.time - time) ** 2);
  if (spread === 0) return { time, at: [x, y], speed: ZERO, spread };
  const speedX = mean(samples, count, (sample) => (sample.time - time) * (sample.at[0] - x)) / spread;
  const speedY = mean(samples, count, (sample) => (sample.time - time) * (sample.at[1] - y)) / spread;
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
 * @param {Line} line
 * @param {number} tolerance
 */
function agree(samples, count, line, tolerance) {
  return samples.slice(0, count).every(({ time, at }) => {
    const [x, y] = along(line, time);
    return Math.hypot(at[0] - x, at[1] - y) <= tolerance;
  });
}

/**
 * As much of a line as there is reason to believe in.
 *
 * @param {Fit} line
 * @param {number} count how many samples lie on it
 * @param {number} noise
 * @param {number} now when the newest of them is
 * @returns {Line}
 */
function believed({ time, at, speed, spread }, count, noise, now) {
  const length = Math.hypot(...speed);
  const clarity = (length ** 2 * spread) / noise ** 2;
  const sure = clamp(1 - DOUBT / clarity, 0, 1);
  const ahead = Math.min(sure * (BELIEF[count] ?? 1), FASTEST / length);
  const here = along({ time, at, speed: [sure * speed[0], sure * speed[1]] }, now);
  return { time: now, at: here, speed: length > 0 ? [ahead * speed[0], ahead * speed[1]] : ZERO };
}

/**
 * @param {readonly Sample[]} samples
 * @param {Pair} size
 */
function isApart([newest, before], size) {
  if (!newest || !before) return false;
  return size.some((side, axis) => Math.abs((newest.at[axis] ?? 0) - (before.at[axis] ?? 0)) > side);
}

/**
 * @param {Line} line
 * @param {number} time
 * @returns {Pair}
 */
function along({ time: then, at: [x, y], speed: [speedX, speedY] }, time) {
  return [x + speedX * (time - then), y + speedY * (time - then)];
}
