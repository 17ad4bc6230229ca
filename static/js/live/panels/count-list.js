import { setText } from "../../shared/set-text.js";

/**
 * The counts at the zones and lines of a pipeline.
 *
 * @typedef {Readonly<Record<string, unknown>>} Counts as the server sends them
 * @typedef {{place: string, words: string}} Count
 * @typedef {{item: HTMLElement, place: HTMLElement, words: HTMLElement}} Item
 */

/**
 * Format the counts, zones before lines; empty ones are left out.
 *
 * @param {Counts} counts
 * @returns {Count[]}
 */
export function countsInWords({ zones, lines }) {
  return [...placesIn(zones, zoneInWords), ...placesIn(lines, lineInWords)];
}

/**
 * @param {unknown} places
 * @param {(count: Record<string, unknown>) => string} inWords
 */
function placesIn(places, inWords) {
  if (typeof places !== "object" || places === null) return [];
  return Object.entries(places)
    .map(([place, count]) => ({ place, words: inWords(count ?? {}) }))
    .filter(({ words }) => words);
}

/** @param {Record<string, unknown>} count */
function zoneInWords({ now, total }) {
  if (!Number.isFinite(now)) return "";
  return Number.isFinite(total) ? `${now} now, ${total} so far` : `${now} now`;
}

/** @param {Record<string, unknown>} count */
function lineInWords({ in: entered, out }) {
  return Number.isFinite(entered) && Number.isFinite(out) ? `${entered} in, ${out} out` : "";
}

/** A list of counts; its panel is hidden while nothing is counted. */
export class CountList {
  #panel;
  #list;
  #createElement;
  /** @type {Item[]} */
  #items = [];

  /**
   * @param {object} needs
   * @param {HTMLElement} needs.panel
   * @param {HTMLElement} needs.list
   * @param {(name: string) => HTMLElement} needs.createElement
   */
  constructor({ panel, list, createElement }) {
    this.#panel = panel;
    this.#list = list;
    this.#createElement = createElement;
  }

  /** @param {Counts} counts */
  render(counts) {
    const said = countsInWords(counts);
    this.#panel.hidden = said.length === 0;
    for (const { item } of this.#items.splice(said.length)) item.remove();
    said.forEach(({ place, words }, i) => {
      const elements = this.#items[i] ?? this.#add();
      setText(elements.place, place);
      setText(elements.words, words);
    });
  }

  #add() {
    const item = this.#createElement("li");
    const place = this.#createElement("span");
    const words = this.#createElement("span");
    place.className = "count-place";
    words.className = "count-words";
    // A space between them, or they are read as one word.
    item.append(place, " ", words);
    this.#list.append(item);
    this.#items.push({ item, place, words });
    return { item, place, words };
  }
}
