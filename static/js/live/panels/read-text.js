import { percent, timeOfDay } from "../../shared/format.js";
import { ReadLines } from "./read-lines.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("./read-lines.js").Line} Line
 * @typedef {import("../transport/messages.js").Detection} Detection
 * @typedef {object} LineElements
 * @property {HTMLElement} item stands in the list
 * @property {HTMLElement} text the elements inside it that are filled in
 * @property {HTMLElement} time
 * @property {HTMLElement} score
 * @typedef {LineElements & {readAt: number}} Item
 */

/** New lines are announced at most this often, and at most this many at once. */
export const SAY_EVERY_MS = 2000;
export const MOST_SAID = 4;

/**
 * The list of lines read lately. Items stay where they are while their words, their times and their scores change; a
 * screen reader hears of each line once, when it is new, from an element of its own.
 */
export class ReadText {
  #list;
  #empty;
  #announcer;
  #createItem;
  #wallClock;
  #lines = new ReadLines();
  /** @type {Map<number, Item>} */
  #items = new Map();
  /** @type {string[]} new lines that have not been said yet */
  #unsaid = [];
  #saidAt = -Infinity;

  /**
   * @param {object} needs
   * @param {HTMLElement} needs.list
   * @param {HTMLElement} needs.empty shown where nothing has been read
   * @param {HTMLElement | null} [needs.announcer] a polite live region that nobody sees; the list itself is none then
   * @param {() => LineElements} needs.createItem
   * @param {() => Date} needs.wallClock
   */
  constructor({ list, empty, announcer = null, createItem, wallClock }) {
    this.#list = list;
    this.#empty = empty;
    this.#announcer = announcer;
    this.#createItem = createItem;
    this.#wallClock = wallClock;
  }

  /** @returns {readonly Readonly<Line>[]} newest first */
  get lines() {
    return this.#lines.lines;
  }

  /** All lines as they stand, for the clipboard. */
  get text() {
    return this.lines.map((line) => line.text).join("\n");
  }

  /**
   * @param {readonly Detection[]} detections
   * @param {number} now milliseconds
   */
  add(detections, now) {
    if (this.#lines.add(detections, now)) this.#render();
    this.#say(now);
  }

  clear() {
    this.#lines.clear();
    this.#unsaid = [];
    if (this.#announcer) setText(this.#announcer, "");
    this.#render();
  }

  #render() {
    const kept = new Set(this.lines.map((line) => line.id));
    for (const [id, { item }] of this.#items) if (!kept.has(id)) this.#remove(id, item);
    this.lines.forEach((line, position) => this.#place(line, position));
    this.#empty.hidden = kept.size > 0;
  }

  /**
   * @param {Line} line
   * @param {number} position
   */
  #place(line, position) {
    const elements = this.#items.get(line.id) ?? { ...this.#createItem(), readAt: NaN };
    this.#items.set(line.id, elements);
    if (elements.readAt !== line.readAt) {
      elements.readAt = line.readAt;
      setText(elements.time, timeOfDay(this.#wallClock()));
      if (this.#announcer) this.#unsaid.push(line.text);
    }
    setText(elements.text, line.text);
    setText(elements.score, percent(line.score));
    const present = this.#list.children[position] ?? null;
    if (present !== elements.item) this.#list.insertBefore(elements.item, present);
  }

  /**
   * @param {number} id
   * @param {HTMLElement} item
   */
  #remove(id, item) {
    item.remove();
    this.#items.delete(id);
  }

  /** @param {number} now */
  #say(now) {
    if (!this.#announcer || this.#unsaid.length === 0 || now - this.#saidAt < SAY_EVERY_MS) return;
    const more = this.#unsaid.length - MOST_SAID;
    const words = this.#unsaid.slice(0, MOST_SAID).join(". ");
    setText(this.#announcer, more > 0 ? `${words}. And ${more} more` : words);
    this.#unsaid = [];
    this.#saidAt = now;
  }
}
