/** How long to wait before each new try to connect, in milliseconds. */
export const DELAYS_MS = Object.freeze([1000, 2000, 4000, 8000, 16000]);

/** The part of a delay that chance adds or takes away, so that many pages do not come back at the same moment. */
export const JITTER = 0.2;

/**
 * The wait before try number `attempt` (from 0), or null when it is time to give up.
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
