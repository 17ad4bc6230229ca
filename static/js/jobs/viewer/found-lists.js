import { clockTime, count } from "../words.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("../job.js").FoundLabel} FoundLabel
 * @typedef {import("../job.js").FoundText} FoundText
 * @typedef {object} FoundElements
 * @property {HTMLElement} labels
 * @property {HTMLElement} labelsEmpty
 * @property {HTMLElement} texts
 * @property {HTMLElement} textsEmpty
 */

/** The labels and texts that were found, as buttons that seek to their first frame. */
export class FoundLists {
  #elements;
  #createElement;
  #canJump;

  /**
   * @param {FoundElements} elements
   * @param {object} needs
   * @param {(name: string) => HTMLElement} needs.createElement
   * @param {boolean} needs.canJump in a picture there is nowhere to jump to
   */
  constructor(elements, { createElement, canJump }) {
    this.#elements = elements;
    this.#createElement = createElement;
    this.#canJump = canJump;
  }

  /**
   * Call `jump` with the time whenever something is chosen.
   *
   * @param {(timeS: number) => void} jump
   * @param {AbortSignal} signal
   */
  onChoose(jump, signal) {
    const chosen = (/** @type {Event} */ event) => {
      const button = /** @type {Element | null} */ (event.target)?.closest("button");
      if (button) jump(Number(button.getAttribute("data-time")));
    };
    this.#elements.labels.addEventListener("click", chosen, { signal });
    this.#elements.texts.addEventListener("click", chosen, { signal });
  }

  /** @param {{labels: readonly FoundLabel[], texts: readonly FoundText[], isOver: boolean}} job */
  render({ labels, texts, isOver }) {
    const { labels: chips, labelsEmpty, texts: lines, textsEmpty } = this.#elements;
    this.#fill(chips, labels.length, "chip", (button, i) => this.#renderLabel(button, /** @type {FoundLabel} */ (labels[i])));
    this.#fill(lines, texts.length, "jump", (button, i) => this.#renderText(button, /** @type {FoundText} */ (texts[i])));
    lines.hidden = texts.length === 0;
    labelsEmpty.hidden = labels.length > 0;
    textsEmpty.hidden = texts.length > 0;
    setText(labelsEmpty, isOver ? "Nothing was found." : "Nothing was found yet.");
    setText(textsEmpty, isOver ? "No text was read." : "No text was read yet.");
  }

  /**
   * Keep the buttons that are there, so that the focus stays where it is.
   *
   * @param {HTMLElement} list
   * @param {number} wanted
   * @param {string} className
   * @param {(button: HTMLElement, i: number) => void} render
   */
  #fill(list, wanted, className, render) {
    while (list.children.length > wanted) list.lastElementChild?.remove();
    for (let i = 0; i < wanted; i += 1) {
      let button = /** @type {HTMLElement | null | undefined} */ (list.children[i]?.firstElementChild);
      if (!button) {
        button = this.#createElement(this.#canJump ? "button" : "span");
        button.className = className;
        if (this.#canJump) button.setAttribute("type", "button");
        const item = this.#createElement("li");
        item.append(button);
        list.append(item);
      }
      render(button, i);
    }
  }

  /**
   * @param {HTMLElement} button
   * @param {FoundLabel} found
   */
  #renderLabel(button, { label, count: seen, firstS }) {
    button.setAttribute("data-time", String(firstS));
    this.#renderParts(button, [["chip-name", label], ["chip-count", count(seen)]]);
  }

  /**
   * @param {HTMLElement} button
   * @param {FoundText} found
   */
  #renderText(button, { text, firstS }) {
    button.setAttribute("data-time", String(firstS));
    const time = /** @type {const} */ (["jump-time", clockTime(firstS)]);
    this.#renderParts(button, [["jump-words", text], ...(this.#canJump ? [time] : [])]);
  }

  /**
   * @param {HTMLElement} button
   * @param {readonly (readonly [string, string])[]} parts
   */
  #renderParts(button, parts) {
    if (button.children.length !== parts.length) {
      // Spaces between the parts, or they are read as one word.
      button.replaceChildren(...parts.flatMap(() => [this.#createElement("span"), " "]).slice(0, -1));
    }
    parts.forEach(([className, words], i) => {
      const part = /** @type {HTMLElement} */ (button.children[i]);
      part.className = className;
      setText(part, words);
    });
  }
}
