/**
 * @typedef {{requestFullscreen?: () => Promise<void>}} Showable
 * @typedef {object} FullScreenPage
 * @property {boolean} fullscreenEnabled missing or false where the browser shows no elements on the full screen
 * @property {unknown} fullscreenElement
 * @property {() => Promise<void>} exitFullscreen
 * @property {EventTarget["addEventListener"]} addEventListener
 */

/** Shows one element on the whole screen, and the rest of the page again. */
export class FullScreen {
  #element;
  #button;
  #page;

  /**
   * @param {object} needs
   * @param {Showable} needs.element
   * @param {Pick<HTMLElement, "hidden" | "setAttribute">} needs.button
   * @param {FullScreenPage} needs.page
   */
  constructor({ element, button, page }) {
    this.#element = element;
    this.#button = button;
    this.#page = page;
    button.hidden = !page.fullscreenEnabled;
  }

  get isOn() {
    return this.#page.fullscreenElement === this.#element;
  }

  /** @param {AbortSignal} signal */
  watch(signal) {
    const show = () => this.#button.setAttribute("aria-pressed", String(this.isOn));
    this.#page.addEventListener("fullscreenchange", show, { signal });
  }

  /** Does nothing where the browser does not allow it. */
  async toggle() {
    const done = this.isOn ? this.#page.exitFullscreen() : this.#element.requestFullscreen?.();
    await done?.catch(() => undefined);
  }
}
