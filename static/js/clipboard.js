/** A word beside the button goes again after so long. */
export const TOLD_MS = 4000;

/** Copies text, and says that it did, or that the browser does not allow it. */
export class Clipboard {
  #clipboard;
  #told;
  #clock;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {object} needs
   * @param {Pick<globalThis.Clipboard, "writeText"> | undefined} needs.clipboard missing on a page that is not secure
   * @param {Pick<HTMLElement, "textContent">} needs.told a live region
   * @param {import("./socket.js").Clock} needs.clock
   */
  constructor({ clipboard, told, clock }) {
    this.#clipboard = clipboard;
    this.#told = told;
    this.#clock = clock;
  }

  /** @param {string} text */
  async copy(text) {
    const isCopied = await this.#clipboard?.writeText(text).then(() => true, () => false);
    this.#tell(isCopied ? "Copied" : "The browser does not allow copying");
  }

  /** @param {string} words */
  #tell(words) {
    this.#told.textContent = words;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => { this.#told.textContent = ""; }, TOLD_MS);
  }
}
