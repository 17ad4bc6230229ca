/** Browsers allow an address to be changed only so often. */
export const WRITE_EVERY_MS = 400;

/** The address of the page: written at once, and while it changes quickly only now and then. */
export class Address {
  #write;
  #clock;
  #writtenAt = -Infinity;
  #wanted = "";
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {object} needs
   * @param {(address: string) => void} needs.write
   * @param {import("../shared/clock.js").Clock} needs.clock
   */
  constructor({ write, clock }) {
    this.#write = write;
    this.#clock = clock;
  }

  /** @param {string} address */
  show(address) {
    this.#wanted = address;
    if (this.#timer !== null) return;
    const waitMs = this.#writtenAt + WRITE_EVERY_MS - this.#clock.now();
    if (waitMs <= 0) this.#writeNow();
    else this.#timer = this.#clock.setTimeout(() => this.#writeNow(), waitMs);
  }

  #writeNow() {
    this.#timer = null;
    this.#writtenAt = this.#clock.now();
    this.#write(this.#wanted);
  }
}
