import { SourceError } from "./stream-source.js";

/**
 * @typedef {import("./stream-source.js").Choice} Choice
 * @typedef {import("./stream-source.js").Source} Source
 * @typedef {{createObjectURL: (file: File) => string, revokeObjectURL: (url: string) => void}} Urls
 */

/** A video file of the user's, played in a loop; it never leaves the browser as a file. */
export class FileSource {
  kind = /** @type {const} */ ("file");
  deviceId = "";
  facing = /** @type {const} */ ("");
  isPaused = false;
  isOver = false;
  /** @type {(() => void) | null} */
  onended = null;
  #urls;
  #url;
  #attached = new AbortController();
  /** @type {HTMLVideoElement | null} */
  #video = null;

  /**
   * @param {File} file
   * @param {Urls} urls
   */
  constructor(file, urls) {
    this.name = file.name;
    this.#urls = urls;
    this.#url = urls.createObjectURL(file);
  }

  /** @param {HTMLVideoElement} video */
  attach(video) {
    this.#video = video;
    video.srcObject = null;
    video.loop = true;
    video.muted = true;
    video.src = this.#url;
    video.addEventListener("error", () => this.#broke(), { signal: this.#attached.signal });
  }

  unplayable() {
    return new SourceError("file_unplayable", this.name);
  }

  release() {
    this.isOver = true;
    this.onended = null;
    this.#attached.abort();
    if (this.#video?.getAttribute("src") === this.#url) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
    this.#urls.revokeObjectURL(this.#url);
  }

  #broke() {
    this.isOver = true;
    this.onended?.();
  }
}

/**
 * @param {Choice} choice
 * @param {Urls} urls
 * @returns {Source} throws SourceError
 */
export function openFile({ file }, urls) {
  if (!file) throw new SourceError("file_missing");
  return new FileSource(file, urls);
}
