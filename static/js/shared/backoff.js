/** The delays before each new attempt to connect, in milliseconds. */
export const DELAYS_MS = Object.freeze([1000, 2000, 4000, 8000, 16000]);

/** The share of a delay that is random, so that many pages do not reconnect at the same moment. */
export const JITTER = 0.2;

/**
 * The delay before attempt number `attempt` (from 0), or null after the last one.
 *
 * @param {number} attempt
 * @param {() => number} random from 0 to 1
 * @returns {number | null} milliseconds
 */
export function delayBefore(attempt, random) {
  const delay = DELAYS_MS[attempt];
  if (delay === undefined) return null;
  return Math.round(delay * (1 - JITTER + 2 * JITTER * random()));
}
