/**
 * Where things lie, without drawing them.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 */

/**
 * Where a picture lies in a stage that shows it whole and centred (CSS `object-fit: contain`).
 *
 * @param {Size} stage
 * @param {Size} picture
 * @returns {Rect} empty where either has no size yet
 */
export function containedRect(stage, picture) {
  if (!(stage.width > 0 && stage.height > 0 && picture.width > 0 && picture.height > 0)) {
    return { x: 0, y: 0, width: 0, height: 0 };
  }
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: (stage.width - width) / 2, y: (stage.height - height) / 2, width, height };
}

/**
 * A box in fractions of the frame, as a rectangle of the stage; what sticks out of the picture is cut off.
 *
 * @param {{x: number, y: number, w: number, h: number}} box
 * @param {Rect} picture where the picture lies
 * @returns {Rect}
 */
export function boxRect(box, picture) {
  const [left, top] = [clamp(box.x, 0, 1), clamp(box.y, 0, 1)];
  const [right, bottom] = [clamp(box.x + box.w, left, 1), clamp(box.y + box.h, top, 1)];
  return {
    x: picture.x + left * picture.width,
    y: picture.y + top * picture.height,
    width: (right - left) * picture.width,
    height: (bottom - top) * picture.height,
  };
}

/**
 * A place for a label near its box: above it, below it or to its right, within the picture and clear of what is
 * there already; where nothing is clear, inside, where it covers nothing but its own box.
 *
 * @param {Rect} box
 * @param {Size} label
 * @param {Rect} picture
 * @param {readonly Rect[]} taken
 * @returns {Rect}
 */
export function labelRect(box, label, picture, taken) {
  const furthest = Math.max(picture.x, picture.x + picture.width - label.width);
  const lowest = Math.max(picture.y, picture.y + picture.height - label.height);
  const x = clamp(box.x, picture.x, furthest);
  const inside = { x, y: clamp(box.y, picture.y, lowest), ...label };
  const outside = [
    { x, y: box.y - label.height, ...label },
    { x, y: box.y + box.height, ...label },
    { x: box.x + box.width, y: box.y + (box.height - label.height) / 2, ...label },
  ].filter((place) => place.x <= furthest && place.y >= picture.y && place.y <= lowest);
  return outside.find((place) => !taken.some((other) => overlap(place, other))) ?? inside;
}

/**
 * @param {Rect} a
 * @param {Rect} b
 */
export function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
