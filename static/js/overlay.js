import { INK, colourOf } from "./colours.js";
import { caption } from "./format.js";
import { boxRect, clamp, containedRect, labelRect } from "./geometry.js";

/**
 * @typedef {import("./messages.js").Detection} Detection
 * @typedef {import("./geometry.js").Rect} Rect
 * @typedef {import("./geometry.js").Size} Size
 * @typedef {import("./state.js").Frame} Frame
 */

const FONT = "600 {}px ui-sans-serif, system-ui, sans-serif";
const SMALLEST_FONT = 11;
const LARGEST_FONT = 15;
const PADDING = 4;
const HALO = "rgb(0 0 0 / 0.55)";

/** Draws what was found over the picture, in CSS pixels of the stage at the screen's own resolution. */
export class Overlay {
  #canvas;
  #context;
  #pictureSize;
  /** @type {Size} */
  #stage = { width: 0, height: 0 };
  /** @type {Frame | null} */
  #frame = null;

  /**
   * @param {object} needs
   * @param {HTMLCanvasElement} needs.canvas covers the stage
   * @param {() => Size} needs.pictureSize the camera's picture, in its own pixels
   */
  constructor({ canvas, pictureSize }) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#pictureSize = pictureSize;
  }

  /**
   * The stage has another size.
   *
   * @param {Size} stage CSS pixels
   * @param {number} pixelRatio
   */
  resize(stage, pixelRatio) {
    this.#stage = stage;
    this.#canvas.width = Math.round(stage.width * pixelRatio);
    this.#canvas.height = Math.round(stage.height * pixelRatio);
    this.#context?.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    this.#draw();
  }

  /**
   * Show what was found in a frame; null clears the canvas.
   *
   * @param {Frame | null} frame
   */
  show(frame) {
    this.#frame = frame;
    this.#draw();
  }

  #draw() {
    const context = this.#context;
    if (!context) return;
    context.clearRect(0, 0, this.#stage.width, this.#stage.height);
    if (!this.#frame) return;
    const picture = containedRect(this.#stage, this.#pictureSize());
    const boxes = this.#frame.detections.map((detection) => boxRect(detection, picture));
    this.#frame.detections.forEach((detection, i) => drawBox(context, boxes[i] ?? picture, colourOf(detection.label)));
    drawCaptions(context, this.#frame.detections, boxes, picture);
    drawFrameIndex(context, this.#frame.frameIndex, picture);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Rect} box
 * @param {string} colour
 */
function drawBox(context, box, colour) {
  const { x, y, width, height } = box;
  for (const [style, line] of /** @type {const} */ ([[HALO, 4], [colour, 2]])) {
    context.strokeStyle = style;
    context.lineWidth = line;
    context.strokeRect(x, y, width, height);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Detection[]} detections
 * @param {readonly Rect[]} boxes
 * @param {Rect} picture
 */
function drawCaptions(context, detections, boxes, picture) {
  /** @type {Rect[]} */
  const labels = [];
  detections.forEach((detection, i) => {
    const box = boxes[i] ?? picture;
    const fontSize = Math.round(clamp(box.height * 0.7, SMALLEST_FONT, LARGEST_FONT));
    const words = caption(detection);
    context.font = FONT.replace("{}", String(fontSize));
    const size = { width: context.measureText(words).width + 2 * PADDING, height: fontSize + 2 * PADDING - 2 };
    const place = labelRect(box, size, picture, [...labels, ...boxes.filter((other) => other !== box)]);
    labels.push(place);
    drawChip(context, words, place, colourOf(detection.label), INK);
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} frameIndex
 * @param {Rect} picture
 */
function drawFrameIndex(context, frameIndex, picture) {
  const words = `Frame ${frameIndex}`;
  context.font = FONT.replace("{}", String(SMALLEST_FONT));
  const size = { width: context.measureText(words).width + 2 * PADDING, height: SMALLEST_FONT + 2 * PADDING };
  const y = picture.y + picture.height - size.height - 8;
  drawChip(context, words, { x: picture.x + 8, y, ...size }, HALO, "#ffffff");
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} words
 * @param {Rect} place
 * @param {string} background
 * @param {string} ink
 */
function drawChip(context, words, place, background, ink) {
  context.fillStyle = background;
  context.beginPath();
  context.roundRect(place.x, place.y, place.width, place.height, 3);
  context.fill();
  context.fillStyle = ink;
  context.textBaseline = "middle";
  context.fillText(words, place.x + PADDING, place.y + place.height / 2);
}
