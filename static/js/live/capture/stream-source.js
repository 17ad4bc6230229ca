/**
 * The sources of pictures: a camera, the screen, or a video file.
 *
 * @typedef {"camera" | "screen" | "file"} SourceKind
 * @typedef {"user" | "environment" | ""} Facing
 * @typedef {{kind: SourceKind, deviceId?: string, facing?: Facing, file?: File}} Choice
 * @typedef {"camera_refused" | "camera_missing" | "camera_busy" | "camera_lost" | "camera_failed" |
 *           "camera_silent" | "camera_unsupported" | "insecure_page" |
 *           "screen_refused" | "screen_failed" | "screen_unsupported" | "insecure_screen" |
 *           "file_missing" | "file_unplayable" | "file_lost"} SourceCode
 * @typedef {object} Source one that was opened; whoever opened it releases it
 * @property {SourceKind} kind
 * @property {string} name the source's name for the user; may be empty
 * @property {string} deviceId
 * @property {Facing} facing
 * @property {boolean} isPaused the system or a switch on the device holds its pictures back
 * @property {boolean} isOver it gives no pictures any more
 * @property {(() => void) | null} onended called when it ends by itself
 * @property {(video: HTMLVideoElement) => void} attach make the element show it; `play()` is for the caller
 * @property {(error: unknown) => SourceError} unplayable the words for an element that does not play it
 * @property {() => void} release
 */

/** A source cannot be used; `code` says why. */
export class SourceError extends Error {
  /**
   * @param {SourceCode} code
   * @param {string} detail
   */
  constructor(code, detail = "") {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }
}

/** A media stream of a camera or the screen. */
export class StreamSource {
  #stream;
  #track;
  /** @type {(() => void) | null} */
  onended = null;

  /**
   * @param {"camera" | "screen"} kind
   * @param {MediaStream} stream
   */
  constructor(kind, stream) {
    this.kind = kind;
    this.#stream = stream;
    this.#track = stream.getVideoTracks()[0];
    this.name = this.#track?.label ?? "";
    const { deviceId = "", facingMode } = this.#track?.getSettings() ?? {};
    this.deviceId = kind === "camera" ? deviceId : "";
    this.facing = facingOf(facingMode);
    for (const track of stream.getVideoTracks()) track.onended = () => this.onended?.();
  }

  get isPaused() {
    return this.#track?.muted ?? false;
  }

  get isOver() {
    return this.#track?.readyState === "ended";
  }

  /** @param {HTMLVideoElement} video */
  attach(video) {
    video.removeAttribute("src");
    video.srcObject = this.#stream;
  }

  /** @param {unknown} error */
  unplayable(error) {
    return new SourceError(this.kind === "camera" ? "camera_failed" : "screen_failed", messageOf(error));
  }

  release() {
    this.onended = null;
    for (const track of this.#stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
  }
}

/**
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error ?? "");
}

/**
 * @param {string | undefined} mode
 * @returns {Facing}
 */
function facingOf(mode) {
  return mode === "user" || mode === "environment" ? mode : "";
}
