/**
 * The recent positions of a track.
 *
 * @typedef {{x: number, y: number, time: number}} Point fractions of the frame
 * @typedef {import("./motion.js").Box} Box
 */

/** The maximum length of a trail, in milliseconds and in points. */
export const TRAIL_MS = 1500;
export const MOST_POINTS = 32;
/** A trail shorter than this, as a part of the frame, is the noise of something that stands still. */
const SHORTEST = 0.02;

/** The last positions of one track, oldest first. */
export class Trail {
  /** @type {Point[]} */
  #points = [];

  /**
   * @param {Box} box
   * @param {boolean} isText
   * @param {number} time
   */
  add(box, isText, time) {
    this.#points = [...this.pointsAt(time), pointOf(box, isText, time)].slice(-MOST_POINTS);
  }

  /**
   * @param {number} now
   * @returns {readonly Point[]}
   */
  pointsAt(now) {
    return this.#points.filter(({ time }) => now - time <= TRAIL_MS);
  }

  /**
   * True where the trail is long enough to be drawn.
   *
   * @param {number} now
   */
  isVisible(now) {
    const points = this.pointsAt(now);
    return points.length > 1 && extent(points) >= SHORTEST;
  }
}

/**
 * The point that a trail follows: the centre of text, the foot of an object.
 *
 * @param {Box} box
 * @param {boolean} isText
 * @param {number} time
 * @returns {Point}
 */
export function pointOf({ x, y, w, h }, isText, time) {
  return { x: x + w / 2, y: isText ? y + h / 2 : y + h, time };
}

/** @param {readonly Point[]} points */
function extent(points) {
  const [first] = points;
  return first ? Math.max(...points.map(({ x, y }) => Math.hypot(x - first.x, y - first.y))) : 0;
}
