/** The recent number of events per second. */
export class Rate {
  #windowMs;
  /** @type {number[]} */
  #times = [];

  /** @param {number} windowMs */
  constructor(windowMs = 2000) {
    this.#windowMs = windowMs;
  }

  /**
   * @param {number} now
   * @returns {number | null} null until there are two events to tell a rate from
   */
  add(now) {
    this.#times = [...this.#times.filter((time) => now - time <= this.#windowMs), now];
    const first = this.#times[0] ?? now;
    return now > first ? ((this.#times.length - 1) * 1000) / (now - first) : null;
  }

  clear() {
    this.#times = [];
  }
}
