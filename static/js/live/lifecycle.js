/**
 * @typedef {{wake: () => void, suspend: () => void, resume: () => void}} Sleeper
 */

/**
 * Tell the stream when the page is left, comes back, is seen again, or has its network again.
 *
 * @param {object} needs
 * @param {Pick<Window, "addEventListener">} needs.window
 * @param {Pick<Document, "addEventListener" | "visibilityState">} needs.document
 * @param {Sleeper} needs.live
 * @param {AbortSignal} needs.signal
 */
export function followPage({ window, document, live, signal }) {
  window.addEventListener("online", () => live.wake(), { signal });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.wake();
  }, { signal });
  // A page that the browser has put to sleep to save power hears nothing until this.
  document.addEventListener("resume", () => live.wake(), { signal });
  // A page that is left may be kept whole and shown again when the person goes back.
  window.addEventListener("pagehide", () => live.suspend(), { signal });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) live.resume();
  }, { signal });
}
