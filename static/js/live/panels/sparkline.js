/** Values further apart than this are not joined: nothing is known of what was between them. */
const LONGEST_GAP = 4;

/**
 * The outline of a small line without axes, for the `d` of an SVG path.
 *
 * @param {readonly (number | null)[]} values at even distances; a long stretch without any is a gap
 * @param {import("../../shared/geometry.js").Size} size
 * @param {number} top the value at the upper edge; larger ones are cut off there
 */
export function sparkline(values, { width, height }, top) {
  const step = width / Math.max(1, values.length - 1);
  const points = values.flatMap((value, i) => {
    return value === null ? [] : [{ i, x: i * step, y: height - (Math.min(value, top) / top) * height }];
  });
  const isJoined = (/** @type {number} */ k) => {
    const [before, point] = [points[k - 1], points[k]];
    return before !== undefined && point !== undefined && point.i - before.i <= LONGEST_GAP;
  };
  return points
    .map(({ x, y }, k) => {
      // A value without neighbours would be a line without length, which is not seen.
      const dash = isJoined(k) || isJoined(k + 1) ? "" : "h1";
      return `${isJoined(k) ? "L" : "M"}${short(x)} ${short(y)}${dash}`;
    })
    .join("");
}

/**
 * Round the largest value up to the end of a chart's axis, so that the scale changes seldom.
 *
 * @param {readonly (number | null)[]} values
 * @param {number} least
 */
export function roundTop(values, least) {
  const highest = Math.max(least, ...values.map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 5, 10].find((step) => step * power >= highest) ?? 10) * power;
}

/** @param {number} value */
function short(value) {
  return String(Math.round(value * 10) / 10);
}
