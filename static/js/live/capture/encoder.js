import { frameSize } from "./frame-size.js";

/**
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {{quality: number, limit: Size}} Plan how pictures are to be made now
 * @typedef {{jpeg: Blob, size: Size}} Encoded
 * @typedef {{encode: (picture: HTMLVideoElement, wanted: Size & {quality: number}) => Promise<Blob | null>}} Makes
 */

/** A worker that pictures cannot be handed to this many times in a row is not asked again. */
const MOST_FAILURES = 3;
const HAVE_CURRENT_DATA = 2;

/** Turns what a video element shows into JPEG frames, in the picture's own shape; in a worker where there is one. */
export class Encoder {
  #page;
  #worker;
  #failures = 0;

  /**
   * @param {object} needs
   * @param {Makes} needs.page takes over where there is no worker
   * @param {Makes & {readonly isReady: boolean, stop: () => void}} needs.worker
   */
  constructor({ page, worker }) {
    this.#page = page;
    this.#worker = worker;
  }

  /** The place where frames are encoded now. */
  get place() {
    return this.#worker.isReady ? "worker" : "page";
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Plan} plan
   * @returns {Promise<Encoded | null>} null where there is no picture yet, or none can be made
   */
  async encode(video, { quality, limit }) {
    if (!video.videoWidth || !video.videoHeight || video.readyState < HAVE_CURRENT_DATA) return null;
    const size = frameSize({ width: video.videoWidth, height: video.videoHeight }, limit);
    const jpeg = await this.#jpeg(video, { ...size, quality });
    return jpeg && { jpeg, size };
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Size & {quality: number}} wanted
   */
  async #jpeg(video, wanted) {
    if (!this.#worker.isReady) return this.#page.encode(video, wanted);
    try {
      const jpeg = await this.#worker.encode(video, wanted);
      this.#failures = 0;
      return jpeg;
    } catch {
      this.#failures += 1;
      if (this.#failures >= MOST_FAILURES) this.#worker.stop();
      return this.#page.encode(video, wanted);
    }
  }
}
