/**
 * @typedef {{wake: () => void, suspend: () => void, resume: () => void}} Sleeper
 */

/**
 * Pass page lifecycle events to the stream: hidden, restored, visible, online.
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
  // A page that is left may be kept whole and shown again when the user goes back.
  window.addEventListener("pagehide", () => live.suspend(), { signal });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) live.resume();
  }, { signal });
}
