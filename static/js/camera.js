/**
 * @typedef {"camera_refused" | "camera_missing" | "camera_busy" | "camera_lost" | "camera_failed" |
 *           "insecure_page" | "camera_unsupported"} CameraCode
 */

/** The camera cannot be used; `code` says why. */
export class CameraError extends Error {
  /**
   * @param {CameraCode} code
   * @param {string} detail
   */
  constructor(code, detail = "") {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }
}

/** What the browser calls the ways in which a camera is not to be had. */
const CODES = new Map(
  /** @type {[string, CameraCode][]} */ ([
    ["NotAllowedError", "camera_refused"],
    ["SecurityError", "camera_refused"],
    ["NotFoundError", "camera_missing"],
    ["DevicesNotFoundError", "camera_missing"],
    ["OverconstrainedError", "camera_missing"],
    ["NotReadableError", "camera_busy"],
    ["TrackStartError", "camera_busy"],
    ["AbortError", "camera_busy"],
  ]),
);

/** A sharper picture than what is sent, in its shape; on a phone the camera that looks away from the person. */
export const CONSTRAINTS = Object.freeze({
  audio: false,
  video: {
    width: { ideal: 1280 },
    height: { ideal: 960 },
    frameRate: { ideal: 30 },
    facingMode: { ideal: "environment" },
  },
});

/** One camera shown in one video element. */
export class Camera {
  #video;
  #mediaDevices;
  #isSecure;
  #ended;
  /** @type {MediaStream | null} */
  #stream = null;
  /** Which start is the current one: a permission may be given after the person has pressed Stop. */
  #generation = 0;

  /**
   * @param {object} needs
   * @param {HTMLVideoElement} needs.video
   * @param {MediaDevices | undefined} needs.mediaDevices missing on a page that is not secure
   * @param {boolean} needs.isSecure
   * @param {() => void} needs.ended called when the camera goes away by itself
   */
  constructor({ video, mediaDevices, isSecure, ended }) {
    this.#video = video;
    this.#mediaDevices = mediaDevices;
    this.#isSecure = isSecure;
    this.#ended = ended;
  }

  get isOn() {
    return this.#stream !== null;
  }

  /**
   * Ask for the camera and show it; throws CameraError.
   *
   * @returns {Promise<boolean>} false where it was stopped meanwhile
   */
  async start() {
    this.stop();
    const generation = this.#generation;
    try {
      const stream = await this.#open();
      if (generation === this.#generation) return await this.#show(stream);
      endTracks(stream);
    } catch (error) {
      // Nobody waits any more for a camera that was stopped meanwhile, nor for the reason why it did not come.
      if (generation === this.#generation) throw error;
    }
    return false;
  }

  /** Let the camera go; its light goes out. */
  stop() {
    this.#generation += 1;
    this.#release();
  }

  #release() {
    if (this.#stream) endTracks(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  async #open() {
    if (!this.#mediaDevices?.getUserMedia) {
      throw new CameraError(this.#isSecure ? "camera_unsupported" : "insecure_page");
    }
    try {
      return await this.#mediaDevices.getUserMedia(CONSTRAINTS);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const code = CODES.get(name) ?? "camera_failed";
      throw new CameraError(code, code === "camera_failed" ? message : "");
    }
  }

  /** @param {MediaStream} stream */
  async #show(stream) {
    this.#stream = stream;
    for (const track of stream.getVideoTracks()) track.onended = () => this.#lost(stream);
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (error) {
      if (this.#stream !== stream) return false;
      this.#release();
      throw new CameraError("camera_failed", error instanceof Error ? error.message : "");
    }
    return this.#stream === stream;
  }

  /** @param {MediaStream} stream */
  #lost(stream) {
    if (this.#stream !== stream) return;
    this.stop();
    this.#ended();
  }
}

/** @param {MediaStream} stream */
function endTracks(stream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
