import { ReadLines } from "./lines.js";

/**
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./messages.js").Detection} Detection
 */

/** The list of lines read lately. Items stay where they are, so that a screen reader hears only what is new. */
export class ReadText {
  #list;
  #empty;
  #createItem;
  #lines = new ReadLines();
  /** @type {Map<number, HTMLElement>} */
  #items = new Map();

  /**
   * @param {object} needs
   * @param {HTMLElement} needs.list
   * @param {HTMLElement} needs.empty shown where nothing has been read
   * @param {() => HTMLElement} needs.createItem
   */
  constructor({ list, empty, createItem }) {
    this.#list = list;
    this.#empty = empty;
    this.#createItem = createItem;
  }

  /**
   * @param {readonly Detection[]} detections
   * @param {number} now milliseconds
   */
  add(detections, now) {
    if (this.#lines.add(detections, now)) this.#render();
  }

  clear() {
    this.#lines.clear();
    this.#render();
  }

  #render() {
    const lines = this.#lines.lines;
    const kept = new Set(lines.map((line) => line.id));
    for (const [id, item] of this.#items) if (!kept.has(id)) this.#remove(id, item);
    lines.forEach((line, position) => this.#place(line, position));
    this.#empty.hidden = lines.length > 0;
  }

  /**
   * @param {Line} line
   * @param {number} position
   */
  #place(line, position) {
    const item = this.#items.get(line.id) ?? this.#createItem();
    this.#items.set(line.id, item);
    if (item.textContent !== line.text) item.textContent = line.text;
    const present = this.#list.children[position] ?? null;
    if (present !== item) this.#list.insertBefore(item, present);
  }

  /**
   * @param {number} id
   * @param {HTMLElement} item
   */
  #remove(id, item) {
    item.remove();
    this.#items.delete(id);
  }
}
