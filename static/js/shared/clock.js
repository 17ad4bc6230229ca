/**
 * Timers and the time in milliseconds; tests pass a clock of their own.
 *
 * @typedef {{setTimeout: (callback: () => void, delayMs: number) => unknown,
 *            clearTimeout: (timer: any) => void, now: () => number}} Clock
 */

/** The browser's clock. */
export const clock = Object.freeze({
  /** @type {(callback: () => void, delayMs: number) => number} */
  setTimeout: (callback, delayMs) => window.setTimeout(callback, delayMs),
  /** @type {(timer: number) => void} */
  clearTimeout: (timer) => window.clearTimeout(timer),
  now: () => performance.now(),
});
