/**
 * Samples of a sliding time window.
 *
 * @template Value
 */
export class Recent {
  #windowMs;
  /** @type {{at: number, value: Value}[]} oldest first */
  #entries = [];

  /** @param {number} windowMs */
  constructor(windowMs) {
    this.#windowMs = windowMs;
  }

  /**
   * @param {number} at milliseconds, never earlier than the one before
   * @param {Value} value
   */
  add(at, value) {
    this.#entries.push({ at, value });
    this.#forget(at);
  }

  /**
   * @param {number} now
   * @param {number} withinMs at most the window
   * @returns {readonly {at: number, value: Value}[]} oldest first
   */
  since(now, withinMs = this.#windowMs) {
    this.#forget(now);
    return this.#entries.filter(({ at }) => now - at < withinMs);
  }

  clear() {
    this.#entries = [];
  }

  /** @param {number} now */
  #forget(now) {
    const kept = this.#entries.findIndex(({ at }) => now - at < this.#windowMs);
    this.#entries.splice(0, kept === -1 ? this.#entries.length : kept);
  }
}
