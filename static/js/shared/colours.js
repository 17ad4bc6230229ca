/**
 * Distinct colours that dark text can be read on: a hue for each label, in three shades for
 * its tracks.
 */
const HUES = Object.freeze([
  ["#feae8a", "#fed4c1", "#fc7f41"],
  ["#f0bb3b", "#fada99", "#d19f13"],
  ["#59e1a2", "#a9f1ca", "#14c684"],
  ["#fea1df", "#ffcded", "#ec78c9"],
  ["#7fcffd", "#bce5fd", "#06b5fa"],
  ["#d5b2fe", "#e7d5fe", "#c189fc"],
  ["#a8d666", "#cdeaaa", "#88bb32"],
  ["#fdaab0", "#fed1d3", "#fe7686"],
  ["#14dfe0", "#93f1f0", "#15bfbf"],
  ["#aec2fd", "#d2ddfe", "#86a2fe"],
]);

export const PALETTE = Object.freeze(HUES.flat());

/** The colour of text on the colours of the palette. */
export const INK = "#0b0e13";

/** @type {Map<string, number>} the first labels get hues of their own; there are never more of them than hues */
const hueOfLabel = new Map();

/**
 * @param {string} label
 * @param {number} [trackId]
 * @returns {string} the same one whenever it is asked for
 */
export function colourOf(label, trackId = 0) {
  const shades = HUES[hueOf(label)] ?? [];
  return shades[Math.abs(Math.trunc(trackId)) % shades.length] ?? INK;
}

/** @param {string} label */
function hueOf(label) {
  const known = hueOfLabel.get(label);
  if (known !== undefined) return known;
  let hue = hash(label) % HUES.length;
  if (hueOfLabel.size === HUES.length) return hue;
  const taken = new Set(hueOfLabel.values());
  while (taken.has(hue)) hue = (hue + 1) % HUES.length;
  hueOfLabel.set(label, hue);
  return hue;
}

/**
 * The FNV-1a hash, which distributes short strings well.
 *
 * @param {string} text
 */
function hash(text) {
  let mixed = 0x811c9dc5;
  for (const character of text) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return mixed >>> 0;
}
