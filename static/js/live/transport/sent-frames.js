/**
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {{jpeg: Blob, size: Size, takenAt: number}} SentFrame `size` in pixels, `takenAt` of the clock
 */

/** More than these never wait for an answer; what is older will not be answered any more. */
export const MOST_KEPT = 2;

/** The pictures that were sent and wait for their answer, so that an answer can be shown on its own picture. */
export class SentFrames {
  /** @type {Map<number, SentFrame>} */
  #frames = new Map();

  get count() {
    return this.#frames.size;
  }

  /**
   * @param {number} frameIndex
   * @param {SentFrame} frame
   */
  add(frameIndex, frame) {
    this.#frames.set(frameIndex, frame);
    for (const index of this.#frames.keys()) {
      if (this.#frames.size <= MOST_KEPT) return;
      this.#frames.delete(index);
    }
  }

  /**
   * The frame that this answers; it is not kept any longer.
   *
   * @param {number} frameIndex
   * @returns {SentFrame | null} null where it is not known, or was of another source
   */
  take(frameIndex) {
    const frame = this.#frames.get(frameIndex) ?? null;
    this.#frames.delete(frameIndex);
    return frame;
  }

  clear() {
    this.#frames.clear();
  }
}
