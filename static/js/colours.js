/** Colours that stay apart from each other and carry dark text well; one per label, always the same. */
export const PALETTE = Object.freeze([
  "#ff9f7f", "#ffd166", "#7ee081", "#5ad1ff", "#c7a6ff", "#ffe45c", "#6ff0d6", "#ff9ecb", "#a5c8ff", "#d6e86a",
]);

/** What is written on a colour of the palette. */
export const INK = "#0b0e13";

/**
 * @param {string} label
 * @returns {string}
 */
export function colourOf(label) {
  let hash = 0;
  for (const character of label) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return PALETTE[hash % PALETTE.length] ?? INK;
}
