import { words } from "../shared/elements.js";

/**
 * Announce a text to screen readers, unless it is there already.
 *
 * @param {string} text
 */
export function announce(text) {
  const place = words("announcement");
  if (place.textContent !== text) place.textContent = text;
}

/**
 * Run a request; the page shows its error until the next request.
 *
 * @param {() => Promise<void>} request
 */
export async function attempt(request) {
  const problem = words("problem");
  try {
    await request();
    problem.hidden = true;
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  }
}
