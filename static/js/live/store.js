/**
 * The state of the page: one frozen object, and an event whenever it changes.
 *
 * @template {object} State
 */
export class Store extends EventTarget {
  /** @type {Readonly<State>} */
  #state;

  /** @param {State} initial */
  constructor(initial) {
    super();
    this.#state = Object.freeze({ ...initial });
  }

  get state() {
    return this.#state;
  }

  /**
   * Replace the fields of `patch`; nothing is announced where nothing changes.
   *
   * @param {Partial<State>} patch
   */
  update(patch) {
    const before = this.#state;
    const after = { ...before, ...patch };
    const keys = /** @type {(keyof State)[]} */ (Object.keys(patch));
    if (keys.every((key) => Object.is(before[key], after[key]))) return;
    this.#state = Object.freeze(after);
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Call `changed` now and after every change, until `signal` aborts.
   *
   * @param {(state: Readonly<State>) => void} changed
   * @param {AbortSignal} signal
   */
  subscribe(changed, signal) {
    if (signal.aborted) return;
    this.addEventListener("change", () => changed(this.#state), { signal });
    changed(this.#state);
  }
}
