import { openCamera } from "./camera.js";
import { openFile } from "./file-source.js";
import { openScreen } from "./screen-source.js";

/**
 * @typedef {import("./stream-source.js").Choice} Choice
 * @typedef {import("./stream-source.js").Source} Source
 */

/**
 * Build the function that opens the chosen source.
 *
 * @param {Parameters<typeof openScreen>[0] & {urls: import("./file-source.js").Urls}} browser
 * @returns {(choice: Choice) => Promise<Source | null>} null where the user cancelled; throws SourceError
 */
export function sourceOpener(browser) {
  return async (choice) => {
    switch (choice.kind) {
      case "camera":
        return openCamera(browser, choice);
      case "screen":
        return openScreen(browser);
      default:
        return openFile(choice, browser.urls);
    }
  };
}
