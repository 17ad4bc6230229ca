/**
 * Measures text, and truncates it to a width.
 *
 * @typedef {{font: string, measureText: (words: string) => {width: number}}} Measure
 */

export const ELLIPSIS = "…";

/** Widths that are remembered; more different words than this begin anew. */
export const MOST_WIDTHS = 2000;

/** Characters that look odd before an ellipsis. */
const LOOSE_END = /[\s.,;:…-]+$/;

/** Measures words on a context once. */
export class Lettering {
  #context;
  /** @type {Map<string, number>} */
  #widths = new Map();

  /** @param {Measure} context */
  constructor(context) {
    this.#context = context;
  }

  /**
   * @param {string} words
   * @param {string} font
   */
  widthOf(words, font) {
    const key = `${font}\n${words}`;
    const known = this.#widths.get(key);
    if (known !== undefined) return known;
    if (this.#widths.size >= MOST_WIDTHS) this.#widths.clear();
    this.#context.font = font;
    const { width } = this.#context.measureText(words);
    this.#widths.set(key, width);
    return width;
  }

  /**
   * As much of the words as fits, with an ellipsis where something is missing.
   *
   * @param {string} words
   * @param {string} font
   * @param {number} room
   */
  fit(words, font, room) {
    const width = this.widthOf(words, font);
    if (width <= room || words === "") return words;
    const letters = [...words];
    for (let count = Math.floor((letters.length * room) / width); count > 0; count -= 1) {
      const cut = letters.slice(0, count).join("").replace(LOOSE_END, "") + ELLIPSIS;
      if (this.widthOf(cut, font) <= room) return cut;
    }
    return ELLIPSIS;
  }
}
