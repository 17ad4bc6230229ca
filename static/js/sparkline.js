/**
 * The outline of a small line without axes, for the `d` of an SVG path.
 *
 * @param {readonly (number | null)[]} values at even distances; where there is none the line has a gap
 * @param {import("./geometry.js").Size} size
 * @param {number} top the value at the upper edge; larger ones are cut off there
 */
export function sparkline(values, { width, height }, top) {
  const step = width / Math.max(1, values.length - 1);
  const y = (/** @type {number} */ value) => height - (Math.min(value, top) / top) * height;
  return values
    .map((value, i) => {
      if (value === null) return "";
      const [command, x] = [(values[i - 1] ?? null) === null ? "M" : "L", short(i * step)];
      // A value without neighbours would be a line without length, which is not seen.
      const isAlone = command === "M" && (values[i + 1] ?? null) === null;
      return `${command}${x} ${short(y(value))}${isAlone ? "h1" : ""}`;
    })
    .join("");
}

/**
 * A round number that nothing exceeds, so that the scale does not tremble with every value.
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
