/** A message disappears after this time. */
export const SAID_MS = 4000;

/** A word on what was just done, for a while. */
export class Toast {
  #element;
  #clock;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {object} needs
   * @param {Pick<HTMLElement, "textContent">} needs.element a live region
   * @param {import("../../shared/clock.js").Clock} needs.clock
   */
  constructor({ element, clock }) {
    this.#element = element;
    this.#clock = clock;
  }

  /** @param {string} words */
  say(words) {
    this.#element.textContent = words;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => { this.#element.textContent = ""; }, SAID_MS);
  }
}
