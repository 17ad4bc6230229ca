/**
 * @template {{readonly jpeg: Blob}} Frame
 * @typedef {{frame: Frame, bitmap: ImageBitmap}} Decoded
 */

/**
 * Decodes the pictures of frames, one at a time; of those that come meanwhile only the newest. Holds one picture.
 *
 * @template {{readonly jpeg: Blob}} Frame
 */
export class FramePictures {
  #decode;
  #ready;
  /** @type {Frame | null} */
  #waiting = null;
  #isBusy = false;
  /** The number of clearings so far: a picture whose decoding began before the last one is discarded. */
  #generation = 0;
  /** @type {ImageBitmap | null} */
  #bitmap = null;

  /**
   * @param {object} needs
   * @param {(jpeg: Blob) => Promise<ImageBitmap>} needs.decode
   * @param {(frame: Frame) => void} needs.ready the frame's picture is `bitmap` now
   */
  constructor({ decode, ready }) {
    this.#decode = decode;
    this.#ready = ready;
  }

  get bitmap() {
    return this.#bitmap;
  }

  /** @param {Frame} frame */
  take(frame) {
    this.#waiting = frame;
    if (!this.#isBusy) void this.#work();
  }

  /** Forget the picture that is held, and those that are on their way. */
  clear() {
    this.#generation += 1;
    this.#waiting = null;
    this.#hold(null);
  }

  async #work() {
    this.#isBusy = true;
    while (this.#waiting) {
      const [frame, generation] = [this.#waiting, this.#generation];
      this.#waiting = null;
      // A frame whose picture cannot be decoded is not shown: its boxes would lie on another one.
      const bitmap = await this.#decode(frame.jpeg).catch(() => null);
      if (bitmap && generation === this.#generation) {
        this.#hold(bitmap);
        this.#ready(frame);
      } else {
        bitmap?.close();
      }
    }
    this.#isBusy = false;
  }

  /** @param {ImageBitmap | null} bitmap */
  #hold(bitmap) {
    this.#bitmap?.close();
    this.#bitmap = bitmap;
  }
}
