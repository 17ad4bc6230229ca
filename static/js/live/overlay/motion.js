import { Path } from "./path.js";

/**
 * Interpolates and extrapolates an object's box between two answers.
 *
 * @typedef {{x: number, y: number, w: number, h: number}} Box fractions of the frame, origin top left
 */

/** No box runs further ahead of its last answer than this, in milliseconds. */
export const LONGEST_AHEAD_MS = 1000 / 3;

/** Time in which a correction has gone to a third, in milliseconds; and after which none is left. */
const EASING_MS = 16;
const EASED_MS = 5 * EASING_MS;
/** A movement per screen frame below this cannot be seen; in fractions of the frame. */
const UNSEEN = 0.0001;
const SCREEN_FRAME_MS = 1000 / 60;

/** One object's motion: it runs on from its last answer, and glides to where the next one has it. */
export class Motion {
  #centre = new Path();
  #size = new Path();
  /** The remaining offset from the expected position to the drawn one. */
  #offset = { x: 0, y: 0, w: 0, h: 0 };
  #offsetSince = -Infinity;

  /**
   * An answer has come.
   *
   * @param {Box} box
   * @param {number} takenAt when its picture was taken
   * @param {number} now
   */
  add({ x, y, w, h }, takenAt, now) {
    const drawn = this.#centre.lastTime > -Infinity ? this.at(now) : null;
    this.#centre.add([x + w / 2, y + h / 2], [w, h], takenAt);
    this.#size.add([w, h], [w, h], takenAt);
    this.#offsetSince = -Infinity;
    if (drawn) this.#easeFrom(drawn, now);
  }

  /**
   * @param {number} now
   * @returns {Box}
   */
  at(now) {
    const time = Math.min(now, this.#centre.lastTime + LONGEST_AHEAD_MS);
    const [x, y] = this.#centre.at(time);
    const [w, h] = this.#size.at(time);
    const left = this.#uneased(now);
    const [width, height] = [Math.max(0, w + left * this.#offset.w), Math.max(0, h + left * this.#offset.h)];
    const [middleX, middleY] = [x + left * this.#offset.x, y + left * this.#offset.y];
    return { x: middleX - width / 2, y: middleY - height / 2, w: width, h: height };
  }

  /**
   * True while a later picture of it would look different.
   *
   * @param {number} now
   */
  isMoving(now) {
    const { x, y, w, h } = this.#offset;
    if (this.#uneased(now) > 0 && Math.max(...[x, y, w, h].map(Math.abs)) > UNSEEN) return true;
    if (now > this.#centre.lastTime + LONGEST_AHEAD_MS) return false;
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

  /**
   * Move the box smoothly from where it is drawn to its new place; a jump of a box or more is not smoothed.
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
