import { Tracker } from "../../live/overlay/tracker.js";
import { containedRect } from "../../shared/geometry.js";
import { Painter } from "../../live/overlay/painter.js";
import { Surface } from "../../shared/surface.js";

/**
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {import("../../live/options.js").Layer} Layer
 * @typedef {import("./result-windows.js").Line} Line
 */

/** Frames further apart than this were not played one after the other. */
const JUMP_MS = 1000;

/** Draws what was found in one frame over that very frame, as the live page draws. */
export class Boxes {
  #surface;
  #painter;
  #pictureSize;
  #tracker = new Tracker();
  /** @type {Size} */
  #stage = { width: 0, height: 0 };
  /** @type {Line | null} */
  #line = null;
  #layers = { boxes: true, labels: true, scores: true, text: true, tracks: true, trails: true, index: true };
  /** @type {readonly import("../../live/overlay/tracker.js").TrackedObject[]} */
  #objects = [];

  /**
   * @param {object} needs
   * @param {HTMLCanvasElement} needs.canvas covers the stage
   * @param {() => Size} needs.pictureSize the picture below it, in its own pixels
   */
  constructor({ canvas, pictureSize }) {
    this.#surface = new Surface(canvas);
    this.#painter = this.#surface.context && new Painter(this.#surface.context);
    this.#pictureSize = pictureSize;
  }

  /**
   * @param {Size} stage as large as it is now, in CSS pixels
   * @param {number} pixelRatio
   */
  fit(stage, pixelRatio) {
    this.#surface.resize(stage, pixelRatio);
    this.#stage = stage;
    this.#paint();
  }

  /**
   * Show what was found in a frame; null clears the canvas.
   *
   * @param {Line | null} line
   */
  show(line) {
    if (line === this.#line) return;
    const [before, now] = [this.#line, line];
    this.#line = now;
    if (!now || !before || Math.abs(now.timeS - before.timeS) * 1000 > JUMP_MS || now.timeS < before.timeS) {
      this.#tracker.clear();
    }
    this.#objects = now ? this.#tracker.take(now.detections, now.timeS * 1000, now.timeS * 1000) : [];
    this.#paint();
  }

  /** @param {boolean} areShown */
  showLabels(areShown) {
    const [labels, scores, text, tracks, index] = Array(5).fill(areShown);
    this.#layers = { ...this.#layers, labels, scores, text, tracks, index };
    this.#paint();
  }

  #paint() {
    this.#surface.clear();
    const line = this.#line;
    if (!line || !this.#painter) return;
    const now = line.timeS * 1000;
    const drawn = this.#objects.map((object) => {
      const trail = object.trail.isVisible(now) ? object.trail.pointsAt(now) : [];
      return { object, at: object.detection, trail };
    });
    const picture = containedRect(this.#stage, this.#pictureSize());
    const { frameIndex } = line;
    this.#painter.paint({ picture, mirrored: false, layers: this.#layers, frameIndex, now, drawn, isNew: true });
  }
}
