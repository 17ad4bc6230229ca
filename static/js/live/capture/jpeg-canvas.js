/** Draws a picture at a size and makes a JPEG of it, in the page or in a worker. */
export class JpegCanvas {
  #canvas;
  #context;

  /** @param {HTMLCanvasElement | OffscreenCanvas} canvas one that nobody sees */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (
      canvas.getContext("2d", { alpha: false })
    );
  }

  /** The browser draws on this kind of canvas. */
  get works() {
    return this.#context !== null;
  }

  /**
   * @param {CanvasImageSource} picture
   * @param {{width: number, height: number, quality: number}} wanted
   * @returns {Promise<Blob | null>} null where none can be made
   */
  async encode(picture, { width, height, quality }) {
    if (!this.#context) return null;
    // Setting the size clears the canvas and forgets its settings, so it is done only when it changes.
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
      this.#context.imageSmoothingQuality = "medium";
    }
    this.#context.drawImage(picture, 0, 0, width, height);
    return this.#jpeg(quality);
  }

  /**
   * @param {number} quality
   * @returns {Promise<Blob | null>}
   */
  #jpeg(quality) {
    const canvas = this.#canvas;
    if ("convertToBlob" in canvas) return canvas.convertToBlob({ type: "image/jpeg", quality });
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  }
}
