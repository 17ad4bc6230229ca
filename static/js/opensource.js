import { openCamera } from "./camera.js";
import { openFile } from "./filesource.js";
import { openScreen } from "./screensource.js";

/**
 * @typedef {import("./source.js").Choice} Choice
 * @typedef {import("./source.js").Source} Source
 */

/**
 * What opens the source that was chosen.
 *
 * @param {Parameters<typeof openScreen>[0] & {urls: import("./filesource.js").Urls}} browser
 * @returns {(choice: Choice) => Promise<Source | null>} null where the person changed their mind; throws SourceError
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
