/** @typedef {import("../../shared/geometry.js").Size} Size */

/** Frames are sent at this size at most unless chosen otherwise; the server's networks see no more than that. */
export const FRAME_LIMIT = Object.freeze({ width: 640, height: 480 });

/**
 * The size at which a picture is sent: its own shape, upright or not, made smaller where needed and never larger.
 *
 * @param {Size} picture
 * @param {Size} limit long and short side at most, in either order
 * @returns {Size} whole pixels
 */
export function frameSize({ width, height }, limit = FRAME_LIMIT) {
  const [longSide, shortSide] = sides({ width, height });
  const [longest, shortest] = sides(limit);
  const scale = Math.min(1, longest / longSide, shortest / shortSide);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** @param {Size} size */
function sides({ width, height }) {
  return /** @type {const} */ ([Math.max(width, height), Math.min(width, height)]);
}
