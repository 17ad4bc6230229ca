import { SourceError, StreamSource, messageOf } from "./stream-source.js";

/** Without this page's own tab, which would show itself within itself. */
export const SCREEN_OPTIONS = Object.freeze({
  audio: false,
  video: { frameRate: { ideal: 15, max: 30 } },
  selfBrowserSurface: "exclude",
  surfaceSwitching: "include",
});

/** @typedef {new () => {setFocusBehavior: (behaviour: string) => void}} ControllerClass */

/**
 * Ask the user to choose a screen, a window or a tab.
 *
 * @param {{mediaDevices: MediaDevices | undefined, isSecure: boolean, CaptureController?: ControllerClass}} browser
 * @returns {Promise<StreamSource | null>} null where the user cancelled; throws SourceError
 */
export async function openScreen({ mediaDevices, isSecure, CaptureController }) {
  if (!mediaDevices?.getDisplayMedia) throw new SourceError(isSecure ? "screen_unsupported" : "insecure_screen");
  try {
    const options = { ...SCREEN_OPTIONS, ...stayingHere(CaptureController) };
    return new StreamSource("screen", await mediaDevices.getDisplayMedia(options));
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name !== "NotAllowedError" && name !== "AbortError") throw new SourceError("screen_failed", messageOf(error));
    // Browsers use one error name for a user who closes the list and for a system that forbids it.
    if (/system|policy/i.test(messageOf(error))) throw new SourceError("screen_refused");
    return null;
  }
}

/**
 * The browser would leave this page for the tab or window that was chosen, and what is found there is shown here.
 *
 * @param {ControllerClass | undefined} CaptureController
 */
function stayingHere(CaptureController) {
  if (!CaptureController) return {};
  const controller = new CaptureController();
  controller.setFocusBehavior("no-focus-change");
  return { controller };
}
