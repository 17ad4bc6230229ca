import { clamp, overlap, sharedArea } from "../../shared/geometry.js";

/**
 * Places labels near their boxes, within the picture, without covering each other or text that was read.
 *
 * @typedef {import("../../shared/geometry.js").Rect} Rect
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {object} Labelled
 * @property {{slot: string}} object keeps the slot, so that the label stays where it stood
 * @property {Rect} box
 * @property {boolean} isText the box holds words that were read
 * @property {Size} label
 * @property {number} leastWidth beside its box the label may be cut down to this
 */

/** From the best place to the one that always is. `end` aligns with the far edge of the box. */
export const SLOTS = Object.freeze(["above", "below", "right", "left", "above end", "below end", "inside", "inside end"]);

/** No label. */
export const NOWHERE = "";

/** The costs of a place: everything that it covers, and a move from another place. */
const COVERS_WORDS = 150;
const COVERS_BOX = 6;
const MOVES = 10;
const NEXT_BEST = 0.6;
/** A label that covers more than a part of what was read is not worth it: the words can be read in the picture. */
const TOO_MUCH = 15;

/** A place that sticks out of the picture by no more than this lies within it. */
const ROUNDING = 0.5;

/** Each label takes about this much of the picture to be read in peace, in square pixels of CSS. */
const ROOM = 5000;
const FEWEST = 3;

/**
 * Give each object the slot of its label; objects beyond what the picture has room for get none.
 *
 * @param {readonly Labelled[]} items
 * @param {Rect} picture
 * @param {readonly Rect[]} taken what no label may cover
 */
export function arrange(items, picture, taken = []) {
  const most = Math.max(FEWEST, Math.floor((picture.width * picture.height) / ROOM));
  const ordered = inOrder(items);
  for (const { object } of ordered.slice(most)) object.slot = NOWHERE;
  const labels = [...taken];
  for (const item of ordered.slice(0, most)) {
    item.object.slot = bestSlot(item, items, labels, picture);
    if (item.object.slot !== NOWHERE) labels.push(placeOf(item.object.slot, item, picture));
  }
}

/**
 * Labels that are placed already come first, so that new ones do not move them; then the largest boxes.
 *
 * @param {readonly Labelled[]} items
 */
function inOrder(items) {
  /** @param {Labelled} item */
  const rank = ({ object, box }) => (object.slot === NOWHERE ? 0 : 1e9) + box.width * box.height;
  return [...items].sort((a, b) => rank(b) - rank(a));
}

/**
 * @param {Labelled} item
 * @param {readonly Labelled[]} items
 * @param {readonly Rect[]} labels
 * @param {Rect} picture
 */
function bestSlot(item, items, labels, picture) {
  let [best, least] = [NOWHERE, Infinity];
  SLOTS.forEach((slot, position) => {
    const beside = besideBox(slot, item, picture);
    const place = within(picture, beside);
    const isPushed = Math.max(Math.abs(place.x - beside.x), Math.abs(place.y - beside.y)) > ROUNDING;
    if ((isPushed && !slot.startsWith("inside")) || labels.some((other) => overlap(place, other))) return;
    const covers = coverOf(place, item, items);
    const stays = item.object.slot === slot || item.object.slot === NOWHERE;
    const cost = covers + NEXT_BEST * position + (stays ? 0 : MOVES);
    if (covers <= TOO_MUCH && cost < least) [best, least] = [slot, cost];
  });
  return best;
}

/**
 * @param {Rect} place
 * @param {Labelled} item
 * @param {readonly Labelled[]} items
 */
function coverOf(place, item, items) {
  const area = place.width * place.height;
  let cover = 0;
  for (const other of items) {
    const price = other.isText ? COVERS_WORDS : other === item ? 0 : COVERS_BOX;
    cover += (price * sharedArea(place, other.box)) / area;
  }
  return cover;
}

/**
 * The position of a label's slot.
 *
 * @param {string} slot
 * @param {Pick<Labelled, "box" | "label" | "leastWidth">} item
 * @param {Rect} picture the label stays within it
 * @returns {Rect}
 */
export function placeOf(slot, item, picture) {
  return within(picture, besideBox(slot, item, picture));
}

/**
 * @param {string} slot
 * @param {Pick<Labelled, "box" | "label" | "leastWidth">} item
 * @param {Rect} picture
 * @returns {Rect}
 */
function besideBox(slot, { box, label, leastWidth }, picture) {
  const [side, end] = slot.split(" ");
  const { x } = within(picture, { ...box, ...label, x: end ? box.x + box.width - label.width : box.x });
  const middle = box.y + (box.height - label.height) / 2;
  const right = box.x + box.width;
  if (side === "above") return { ...label, x, y: box.y - label.height };
  if (side === "below") return { ...label, x, y: box.y + box.height };
  if (side === "inside") return { ...label, x, y: end ? box.y + box.height - label.height : box.y };
  const room = side === "right" ? picture.x + picture.width - right : box.x - picture.x;
  const width = Math.min(label.width, Math.max(leastWidth, room));
  return { x: side === "right" ? right : box.x - width, y: middle, width, height: label.height };
}

/**
 * The rectangle moved into the picture; one that is too large begins at its left top corner.
 *
 * @param {Rect} picture
 * @param {Rect} rect
 * @returns {Rect}
 */
function within(picture, rect) {
  const furthest = Math.max(picture.x, picture.x + picture.width - rect.width);
  const lowest = Math.max(picture.y, picture.y + picture.height - rect.height);
  return { ...rect, x: clamp(rect.x, picture.x, furthest), y: clamp(rect.y, picture.y, lowest) };
}
