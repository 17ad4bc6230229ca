import { INK, colourOf } from "../../shared/colours.js";
import { captionOf } from "../../shared/format.js";
import { boxRect, clamp, movedWithBox, pointAt } from "../../shared/geometry.js";
import { NOWHERE, arrange, placeOf } from "./labels.js";
import { Lettering } from "./lettering.js";
import { TRAIL_MS } from "./trail.js";

/**
 * @typedef {import("../transport/messages.js").Detection} Detection
 * @typedef {import("./motion.js").Box} Box
 * @typedef {import("./trail.js").Point} Point
 * @typedef {import("../../shared/geometry.js").Rect} Rect
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {import("../options.js").Layer} Layer
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 * @typedef {{detection: Detection, slot: string}} LabelledObject keeps the place of its label
 * @typedef {{object: LabelledObject, at: Box, trail: readonly Point[]}} Drawn where something is now, and where it was
 * @typedef {object} Scene
 * @property {Rect} picture where the picture lies, in the context's units
 * @property {boolean} mirrored
 * @property {Readonly<Record<Layer, boolean>>} layers
 * @property {number} frameIndex
 * @property {readonly Drawn[]} drawn
 * @property {number} now the time by which trails fade
 * @property {boolean} isNew labels are written and placed anew; in between they stay at their boxes
 * @typedef {{words: string, score: string, scoreWidth: number, size: Size, leastWidth: number}} Label
 * @typedef {Drawn & {box: Rect, colour: string, corners: readonly {x: number, y: number}[] | null}} Item
 */

const FONT = "600 {}px ui-sans-serif, system-ui, sans-serif";
const SCORE_FONT = "500 {}px ui-sans-serif, system-ui, sans-serif";
const SMALLEST_FONT = 10;
const LARGEST_FONT = 15;
/** A picture so many letters wide has the font that suits it. */
const LETTERS_ACROSS = 48;
const PADDING = 5;
const CORNER = 3;
/** A label has one of a few widths: a score that changes by one does not make it twitch. */
const WIDTH_STEP = 6;
/** The part of the picture's width that a label may have whose box is small. */
const WIDEST = 0.5;
/** The least that a label beside its box says, in letters; fewer say nothing. */
const FEWEST_LETTERS = 6;
const HALO = "rgb(0 0 0 / 0.55)";
const PLATE = "rgb(5 7 10 / 0.72)";
const PLATE_INK = "#ffffff";
/** The label of a text that waits to be read again; on light and on dark pictures it is grey among coloured ones. */
const WAITING = "#9aa0a6";
/** A shorter wait is not shown: it would flicker. */
const SHOWN_WAIT_MS = 150;
const MARGIN = 8;
/** A box smaller than this has thinner lines. */
const SMALL_BOX = 24;
/** A trail fades in so many steps. */
const SHADES = 5;

/** Draws what was found over a picture. */
export class Painter {
  #context;
  #lettering;
  /** @type {Map<LabelledObject, Label>} */
  #labels = new Map();

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#lettering = new Lettering(context);
  }

  /** @param {Scene} scene */
  paint(scene) {
    const { layers } = scene;
    const items = itemsOf(scene);
    const fontSize = fontSizeFor(scene.picture);
    if (layers.trails) for (const item of items) this.#paintTrail(item, scene);
    if (layers.boxes) for (const item of items) this.#paintBox(item);
    const index = this.#indexRect(scene, fontSize);
    if (scene.isNew) this.#writeLabels(items, scene, fontSize, layers.index ? [index] : []);
    for (const item of items) this.#paintLabel(item, scene.picture, fontSize);
    if (layers.index) this.#paintIndex(scene, index, fontSize);
  }

  /** @param {Item} item */
  #paintBox({ box: { x, y, width, height }, colour, corners }) {
    const context = this.#context;
    const line = Math.min(width, height) < SMALL_BOX ? 1.5 : 2;
    context.lineJoin = "round";
    for (const [ink, lineWidth] of /** @type {const} */ ([[HALO, 2 * line], [colour, line]])) {
      context.strokeStyle = ink;
      context.lineWidth = lineWidth;
      if (corners) this.#strokeAround(corners);
      else context.strokeRect(x, y, width, height);
    }
  }

  /** @param {readonly {x: number, y: number}[]} corners */
  #strokeAround(corners) {
    const context = this.#context;
    context.beginPath();
    for (const [place, { x, y }] of corners.entries()) {
      if (place === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
    context.stroke();
  }

  /**
   * @param {Item} item
   * @param {Scene} scene
   */
  #paintTrail({ trail, colour }, { picture, mirrored, now }) {
    const context = this.#context;
    const points = trail.map((point) => ({ ...pointAt(point, picture, mirrored), shade: shadeAt(now - point.time) }));
    context.strokeStyle = colour;
    context.lineCap = context.lineJoin = "round";
    for (let shade = 1; shade <= SHADES; shade += 1) {
      context.globalAlpha = shade / SHADES;
      context.lineWidth = 1 + (2 * shade) / SHADES;
      context.beginPath();
      points.forEach((point, i) => {
        const before = points[i - 1];
        if (!before || point.shade !== shade) return;
        context.moveTo(before.x, before.y);
        context.lineTo(point.x, point.y);
      });
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /**
   * @param {readonly Item[]} items
   * @param {Scene} scene
   * @param {number} fontSize
   * @param {readonly Rect[]} taken
   */
  #writeLabels(items, { picture, layers }, fontSize, taken) {
    this.#labels.clear();
    const labelled = items.flatMap(({ object, box }) => {
      const label = this.#write(captionOf(object.detection, layers), fontSize, Math.max(box.width, picture.width * WIDEST));
      if (!label) return [];
      this.#labels.set(object, label);
      const { size, leastWidth } = label;
      return [{ object, box: outset(box), isText: object.detection.text !== undefined, label: size, leastWidth }];
    });
    arrange(labelled, picture, taken);
  }

  /**
   * @param {{words: string, score: string}} caption
   * @param {number} fontSize
   * @param {number} widest
   * @returns {Label | null}
   */
  #write({ words, score }, fontSize, widest) {
    if (!words && !score) return null;
    const [font, scoreFont] = [sized(FONT, fontSize), sized(SCORE_FONT, fontSize)];
    const scoreWidth = score ? this.#lettering.widthOf(score, scoreFont) + (words ? PADDING : 0) : 0;
    const fitted = this.#lettering.fit(words, font, widest - scoreWidth - 2 * PADDING);
    const width = this.#widthOf(fitted, scoreWidth, font);
    const leastWidth = Math.min(width, stepped(FEWEST_LETTERS * fontSize + scoreWidth + 2 * PADDING));
    return { words: fitted, score, scoreWidth, size: { width, height: chipHeight(fontSize) }, leastWidth };
  }

  /**
   * The width of a label.
   *
   * @param {string} words
   * @param {number} scoreWidth
   * @param {string} font
   */
  #widthOf(words, scoreWidth, font) {
    return stepped(this.#lettering.widthOf(words, font) + scoreWidth + 2 * PADDING);
  }

  /**
   * @param {Item} item
   * @param {Rect} picture
   * @param {number} fontSize
   */
  #paintLabel({ object, box, colour }, picture, fontSize) {
    const label = this.#labels.get(object);
    if (!label || object.slot === NOWHERE) return;
    const { size, leastWidth, score, scoreWidth } = label;
    const most = placeOf(object.slot, { box: outset(box), label: size, leastWidth }, picture);
    const font = sized(FONT, fontSize);
    const words = this.#lettering.fit(label.words, font, most.width - scoreWidth - 2 * PADDING);
    const place = words === label.words ? most : narrowed(most, object.slot, this.#widthOf(words, scoreWidth, font));
    this.#paintPlate(place, isWaiting(object.detection) ? WAITING : colour);
    this.#context.fillStyle = INK;
    this.#paintWords(words, place, 0, font);
    const indent = words ? this.#lettering.widthOf(words, font) + PADDING : 0;
    this.#paintWords(score, place, indent, sized(SCORE_FONT, fontSize));
  }

  /**
   * @param {Scene} scene
   * @param {number} fontSize
   * @returns {Rect}
   */
  #indexRect({ picture, frameIndex }, fontSize) {
    const height = chipHeight(fontSize);
    // Digits are equally wide: the plate grows only with their number.
    const width = this.#lettering.widthOf(`Frame ${"0".repeat(String(frameIndex).length)}`, sized(SCORE_FONT, fontSize));
    const y = picture.y + picture.height - height - MARGIN;
    return { x: picture.x + MARGIN, y, width: width + 2 * PADDING, height };
  }

  /**
   * @param {Scene} scene
   * @param {Rect} place
   * @param {number} fontSize
   */
  #paintIndex({ frameIndex }, place, fontSize) {
    this.#paintPlate(place, PLATE);
    this.#context.fillStyle = PLATE_INK;
    this.#paintWords(`Frame ${frameIndex}`, place, 0, sized(SCORE_FONT, fontSize));
  }

  /**
   * @param {Rect} place
   * @param {string} colour
   */
  #paintPlate({ x, y, width, height }, colour) {
    const context = this.#context;
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(x, y, width, height, CORNER);
    context.fill();
  }

  /**
   * @param {string} words
   * @param {Rect} place
   * @param {number} indent
   * @param {string} font
   */
  #paintWords(words, { x, y, height }, indent, font) {
    if (!words) return;
    const context = this.#context;
    context.font = font;
    context.textBaseline = "middle";
    context.fillText(words, x + PADDING + indent, y + height / 2 + 0.5);
  }
}

/**
 * True where the words of a label may be those that stood there before.
 *
 * @param {Detection} detection
 */
function isWaiting({ text, textAgeMs = 0 }) {
  return text !== undefined && textAgeMs >= SHOWN_WAIT_MS;
}

/**
 * The visible boxes, the largest first, so that small ones are drawn on top.
 *
 * @param {Scene} scene
 * @returns {Item[]}
 */
function itemsOf({ drawn, picture, mirrored }) {
  const items = drawn.map((one) => {
    const { detection } = one.object;
    const { label, trackId, polygon } = detection;
    const moved = polygon && movedWithBox(polygon, detection, one.at);
    const corners = moved?.map((corner) => pointAt(corner, picture, mirrored)) ?? null;
    return { ...one, box: boxRect(one.at, picture, mirrored), colour: colourOf(label, trackId), corners };
  });
  return items
    .filter(({ box }) => box.width > 0 && box.height > 0)
    .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
}

/**
 * The box enlarged by the width of its outline.
 *
 * @param {Rect} box
 * @returns {Rect}
 */
function outset({ x, y, width, height }) {
  return { x: x - 1, y: y - 1, width: width + 2, height: height + 2 };
}

/**
 * The plate of words that were cut, still at its box.
 *
 * @param {Rect} place
 * @param {string} slot
 * @param {number} width
 * @returns {Rect}
 */
function narrowed(place, slot, width) {
  const spare = Math.max(0, place.width - width);
  return { ...place, x: place.x + (slot === "left" ? spare : 0), width: place.width - spare };
}

/** @param {number} width */
function stepped(width) {
  return Math.ceil(width / WIDTH_STEP) * WIDTH_STEP;
}

/** @param {Rect} picture */
function fontSizeFor(picture) {
  return Math.round(clamp(picture.width / LETTERS_ACROSS, SMALLEST_FONT, LARGEST_FONT));
}

/** @param {number} fontSize */
function chipHeight(fontSize) {
  return Math.round(fontSize * 1.2) + 4;
}

/**
 * @param {string} font
 * @param {number} size
 */
function sized(font, size) {
  return font.replace("{}", String(size));
}

/**
 * @param {number} age of a point of a trail
 * @returns {number} from 1 for the oldest to SHADES
 */
function shadeAt(age) {
  return clamp(Math.ceil(SHADES * (1 - age / TRAIL_MS)), 1, SHADES);
}
