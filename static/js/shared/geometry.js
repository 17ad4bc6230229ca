/**
 * Geometry of points, sizes and rectangles.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 */

/**
 * The rectangle of a picture within a stage that shows it with CSS `object-fit: contain`.
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
 * Convert a box in fractions of the frame to a rectangle of the stage, clipped to the picture.
 *
 * @param {{x: number, y: number, w: number, h: number}} box
 * @param {Rect} picture where the picture lies
 * @param {boolean} isMirrored whether the picture is shown left and right changed over
 * @returns {Rect}
 */
export function boxRect(box, picture, isMirrored = false) {
  const [left, top] = [clamp(box.x, 0, 1), clamp(box.y, 0, 1)];
  const [right, bottom] = [clamp(box.x + box.w, left, 1), clamp(box.y + box.h, top, 1)];
  return {
    x: picture.x + (isMirrored ? 1 - right : left) * picture.width,
    y: picture.y + top * picture.height,
    width: (right - left) * picture.width,
    height: (bottom - top) * picture.height,
  };
}

/**
 * A point in fractions of the frame, as one of the stage.
 *
 * @param {{x: number, y: number}} point
 * @param {Rect} picture
 * @param {boolean} isMirrored
 */
export function pointAt({ x, y }, picture, isMirrored) {
  return { x: picture.x + (isMirrored ? 1 - x : x) * picture.width, y: picture.y + y * picture.height };
}

/**
 * The corners of a polygon whose box is drawn elsewhere by now: they move and grow with it.
 *
 * @param {ReadonlyArray<readonly [number, number]>} polygon
 * @param {{x: number, y: number, w: number, h: number}} box its hull, in the same fractions of the frame
 * @param {{x: number, y: number, w: number, h: number}} at where the box is drawn
 */
export function movedWithBox(polygon, box, at) {
  const [scaleX, scaleY] = [box.w > 0 ? at.w / box.w : 1, box.h > 0 ? at.h / box.h : 1];
  return polygon.map(([x, y]) => ({ x: at.x + (x - box.x) * scaleX, y: at.y + (y - box.y) * scaleY }));
}

/**
 * @param {Rect} a
 * @param {Rect} b
 */
export function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * The area of the intersection of two boxes.
 *
 * @param {Rect} a
 * @param {Rect} b
 */
export function sharedArea(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
