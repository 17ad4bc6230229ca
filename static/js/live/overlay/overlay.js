import { FramePictures } from "./frame-pictures.js";
import { Tracker } from "./tracker.js";
import { confidenceOf } from "../../shared/format.js";
import { containedRect } from "../../shared/geometry.js";
import { Painter } from "./painter.js";
import { Surface } from "../../shared/surface.js";
import { pointOf } from "./trail.js";

/**
 * @typedef {import("./tracker.js").TrackedObject} TrackedObject
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {import("../options.js").Layer} Layer
 * @typedef {import("./painter.js").Drawn} Drawn
 * @typedef {import("../state.js").Frame} Frame
 * @typedef {object} OverlaySettings
 * @property {"live" | "exact"} mode boxes that move with their objects over the moving picture, or each answer over
 *   the very picture that it is about
 * @property {boolean} mirrored
 * @property {number} minScore what is less sure than this is not drawn
 * @property {Readonly<Record<Layer, boolean>>} layers
 */

/** @type {Readonly<OverlaySettings>} */
const DEFAULTS = Object.freeze({
  mode: "live",
  mirrored: false,
  minScore: 0,
  layers: { boxes: true, labels: true, scores: true, text: true, tracks: true, trails: true, index: true },
});

/**
 * Draws what was found over the picture, in CSS pixels of the stage at the screen's own resolution. It paints when
 * something is new and for as long as something moves, and rests otherwise.
 */
export class Overlay {
  #surface;
  #pictureSurface;
  #painter;
  #pictureSize;
  #now;
  #requestFrame;
  #drawn;
  /** @type {FramePictures<Frame>} */
  #pictures;
  #tracker = new Tracker();
  #settings = DEFAULTS;
  /** @type {Size} */
  #stage = { width: 0, height: 0 };
  /** @type {Frame | null} the newest there is; in exact mode its picture may still be on its way */
  #newest = null;
  /** @type {Frame | null} the one whose boxes are shown */
  #shown = null;
  /** @type {readonly TrackedObject[]} what was found in it */
  #objects = [];
  #isNew = false;
  #isScheduled = false;
  /** @type {Frame | null} shown, but not painted yet */
  #unpainted = null;

  /**
   * @param {object} needs
   * @param {HTMLCanvasElement} needs.canvas covers the stage
   * @param {HTMLCanvasElement | null} needs.picture covers the stage below it; exact mode paints frames on it
   * @param {() => Size} needs.pictureSize the moving picture below both, in its own pixels
   * @param {() => number} needs.now the clock of the frames' times
   * @param {(callback: () => void) => unknown} needs.requestFrame calls back once, before the screen's next frame
   * @param {(frame: Frame) => void} needs.drawn called once for each frame, when it is first on the screen
   * @param {(jpeg: Blob) => Promise<ImageBitmap>} [needs.decode]
   */
  constructor({ canvas, picture, pictureSize, now, requestFrame, drawn, decode = pictureOf }) {
    this.#surface = new Surface(canvas);
    this.#pictureSurface = picture && new Surface(picture);
    this.#painter = this.#surface.context && new Painter(this.#surface.context);
    this.#pictureSize = pictureSize;
    this.#now = now;
    this.#requestFrame = requestFrame;
    this.#drawn = drawn;
    this.#pictures = new FramePictures({ decode, ready: (frame) => this.#adopt(frame) });
  }

  /**
   * The stage has another size.
   *
   * @param {Size} stage CSS pixels
   * @param {number} pixelRatio
   */
  resize(stage, pixelRatio) {
    this.#stage = stage;
    for (const surface of [this.#surface, this.#pictureSurface]) surface?.resize(stage, pixelRatio);
    // A canvas of another size is empty: painting it at once, it does not flicker.
    this.#isNew = true;
    this.#paint();
  }

  /**
   * Show what was found in a frame; null clears the canvas.
   *
   * @param {Frame | null} frame
   */
  show(frame) {
    this.#newest = frame;
    if (!frame) this.#clear();
    else if (this.#isExact) this.#pictures.take(frame);
    else this.#adopt(frame);
  }

  /** @param {Partial<OverlaySettings>} settings those that change */
  configure(settings) {
    const wasExact = this.#isExact;
    this.#settings = { ...this.#settings, ...settings };
    if (this.#isExact !== wasExact) this.#changeMode();
    this.#isNew = true;
    this.#schedule();
  }

  get #isExact() {
    return this.#settings.mode === "exact" && this.#pictureSurface !== null;
  }

  #changeMode() {
    this.#pictures.clear();
    if (!this.#newest) return;
    if (this.#isExact) this.#pictures.take(this.#newest);
    else if (this.#newest !== this.#shown) this.#adopt(this.#newest);
  }

  #clear() {
    this.#shown = this.#unpainted = null;
    this.#objects = [];
    this.#tracker.clear();
    this.#pictures.clear();
    this.#schedule();
  }

  /** @param {Frame} frame */
  #adopt(frame) {
    if (frame !== this.#shown) this.#unpainted = frame;
    this.#shown = frame;
    this.#objects = this.#tracker.take(frame.detections, frame.takenAt, this.#now());
    this.#isNew = true;
    this.#schedule();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#requestFrame(() => {
      this.#isScheduled = false;
      this.#paint();
    });
  }

  #paint() {
    const now = this.#now();
    const { mirrored, layers } = this.#settings;
    const { bitmap } = this.#pictures;
    const picture = containedRect(this.#stage, bitmap ?? this.#pictureSize());
    this.#pictureSurface?.showPicture(bitmap, picture, mirrored);
    this.#surface.clear();
    if (!this.#shown || !this.#painter) return;
    const { frameIndex } = this.#shown;
    const objects = this.#objects.filter(({ detection }) => confidenceOf(detection) >= this.#settings.minScore);
    const drawn = objects.map((object) => drawnOf(object, now, bitmap !== null));
    this.#painter.paint({ picture, mirrored, layers, frameIndex, now, drawn, isNew: this.#isNew });
    this.#isNew = false;
    this.#tellDrawn();
    if (objects.some((object) => this.#isChanging(object, now))) this.#schedule();
  }

  #tellDrawn() {
    const frame = this.#unpainted;
    this.#unpainted = null;
    if (frame) this.#drawn(frame);
  }

  /**
   * @param {TrackedObject} object
   * @param {number} now
   */
  #isChanging({ motion, trail }, now) {
    const isMoving = this.#pictures.bitmap === null && motion.isMoving(now);
    return isMoving || (this.#settings.layers.trails && trail.isVisible(now));
  }
}

/** @param {Blob} jpeg */
const pictureOf = (jpeg) => createImageBitmap(jpeg);

/**
 * @param {TrackedObject} object
 * @param {number} now
 * @param {boolean} isExact where it was in its own picture, instead of where it should be by now
 * @returns {Drawn}
 */
function drawnOf(object, now, isExact) {
  const at = isExact ? object.detection : object.motion.at(now);
  if (!object.trail.isVisible(now)) return { object, at, trail: [] };
  const head = pointOf(at, object.detection.text !== undefined, now);
  return { object, at, trail: [...object.trail.pointsAt(now), head] };
}
