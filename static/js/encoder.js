import { frameSize } from "./framesize.js";

export const JPEG_QUALITY = 0.8;

/** Turns what a video element shows into JPEG frames, in the picture's own shape. */
export class Encoder {
  #canvas;
  #context;

  /** @param {HTMLCanvasElement} canvas one that nobody sees */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  /**
   * @param {HTMLVideoElement} video
   * @returns {Promise<Blob | null>} null where there is no picture yet, or none can be made
   */
  async encode(video) {
    if (!this.#context || !video.videoWidth || !video.videoHeight) return null;
    const { width, height } = frameSize({ width: video.videoWidth, height: video.videoHeight });
    // Setting the size clears the canvas and forgets its settings, so it is done only when it changes.
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
      this.#context.imageSmoothingQuality = "medium";
    }
    this.#context.drawImage(video, 0, 0, width, height);
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
  }
}
