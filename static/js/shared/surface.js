/**
 * @typedef {import("./geometry.js").Rect} Rect
 * @typedef {import("./geometry.js").Size} Size
 */

/** A canvas that is drawn on in CSS pixels, at the screen's own resolution. */
export class Surface {
  #canvas;
  /** @type {Size} */
  #size = { width: 0, height: 0 };
  #hasPicture = false;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /**
   * The canvas is empty afterwards.
   *
   * @param {Size} size CSS pixels
   * @param {number} pixelRatio
   */
  resize(size, pixelRatio) {
    this.#size = size;
    this.#canvas.width = Math.round(size.width * pixelRatio);
    this.#canvas.height = Math.round(size.height * pixelRatio);
    // The canvas has whole pixels; the stage may end within one.
    this.context?.setTransform(this.#canvas.width / size.width || 1, 0, 0, this.#canvas.height / size.height || 1, 0, 0);
  }

  clear() {
    this.context?.clearRect(0, 0, this.#size.width, this.#size.height);
  }

  /**
   * Show a picture and nothing else; without one the canvas is empty.
   *
   * @param {ImageBitmap | null} bitmap
   * @param {Rect} rect
   * @param {boolean} isMirrored
   */
  showPicture(bitmap, { x, y, width, height }, isMirrored) {
    if (this.#hasPicture) this.clear();
    this.#hasPicture = bitmap !== null;
    const context = this.context;
    if (!context || !bitmap) return;
    context.save();
    if (isMirrored) {
      context.translate(2 * x + width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(bitmap, x, y, width, height);
    context.restore();
  }
}
