import { clamp } from "../../shared/geometry.js";
import { Surface } from "../../shared/surface.js";

/**
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {{played: string, ahead: string}} Colours
 */

const LEAST_BAR = 0.08;

/** The number of detections over the length of the video, as bars. */
export class DensityStrip {
  #surface;
  #colours;
  /** @type {Size} */
  #size = { width: 0, height: 0 };
  /** @type {readonly number[]} */
  #counts = [];
  #bucketS = 0;
  #durationS = 0;
  #timeS = 0;

  /**
   * @param {object} needs
   * @param {HTMLCanvasElement} needs.canvas
   * @param {() => Colours} needs.colours asked whenever it is drawn: the page may change from light to dark
   */
  constructor({ canvas, colours }) {
    this.#surface = new Surface(canvas);
    this.#colours = colours;
  }

  /**
   * @param {Size} size of the strip, in CSS pixels
   * @param {number} pixelRatio
   */
  resize(size, pixelRatio) {
    this.#size = size;
    this.#surface.resize(size, pixelRatio);
    this.#draw();
  }

  /**
   * @param {readonly number[]} counts
   * @param {number} bucketS
   * @param {number} durationS
   */
  show(counts, bucketS, durationS) {
    if (counts === this.#counts && bucketS === this.#bucketS && durationS === this.#durationS) return;
    [this.#counts, this.#bucketS, this.#durationS] = [counts, bucketS, durationS];
    this.#draw();
  }

  /** @param {number} timeS */
  play(timeS) {
    const [before, now] = [this.#timeS, timeS].map((time) => Math.floor(time / (this.#bucketS || 1)));
    this.#timeS = timeS;
    if (before !== now) this.#draw();
  }

  #draw() {
    const { context } = this.#surface;
    if (!context) return;
    const { width, height } = this.#size;
    this.#surface.clear();
    const { played, ahead } = this.#colours();
    barsOf(this.#counts, this.#bucketS, this.#durationS).forEach(({ x, share, bar }, i) => {
      context.fillStyle = (i + 1) * this.#bucketS <= this.#timeS ? played : ahead;
      const barWidth = Math.max(share * width - 1, 1);
      context.fillRect(x * width, height * (1 - bar), barWidth, height * bar);
    });
  }
}

/**
 * The positions and heights of the bars in fractions of the strip.
 *
 * @param {readonly number[]} counts
 * @param {number} bucketS
 * @param {number} durationS
 * @returns {{x: number, share: number, bar: number}[]}
 */
export function barsOf(counts, bucketS, durationS) {
  const most = Math.max(...counts, 1);
  const share = durationS > 0 && bucketS > 0 ? bucketS / durationS : 1 / Math.max(counts.length, 1);
  return counts.map((count, i) => {
    const x = clamp(i * share, 0, 1);
    return { x, share: Math.min(share, 1 - x), bar: count ? LEAST_BAR + (1 - LEAST_BAR) * (count / most) : 0 };
  });
}
