import { SourceError } from "./stream-source.js";

/**
 * @typedef {import("./stream-source.js").Choice} Choice
 * @typedef {import("./stream-source.js").Source} Source
 * @typedef {import("./stream-source.js").SourceKind} SourceKind
 * @typedef {import("../../shared/clock.js").Clock} Clock
 */

/** A source that shows nothing for this long will not show anything. */
export const SHOW_TIMEOUT_MS = 10_000;

/** Shows one source at a time in the video element; another one may replace it. */
export class Picture {
  #video;
  #open;
  #clock;
  #ended;
  /** @type {Source | null} */
  #source = null;
  /** The number of the current start: a permission may be given after the user has pressed Stop. */
  #generation = 0;

  /**
   * @param {object} needs
   * @param {HTMLVideoElement} needs.video
   * @param {(choice: Choice) => Promise<Source | null>} needs.open null where the user cancelled
   * @param {Clock} needs.clock
   * @param {(kind: SourceKind) => void} needs.ended called when the source goes away by itself
   */
  constructor({ video, open, clock, ended }) {
    this.#video = video;
    this.#open = open;
    this.#clock = clock;
    this.#ended = ended;
  }

  /** The source that is shown. */
  get source() {
    return this.#source;
  }

  get isOn() {
    return this.#source !== null;
  }

  get isPaused() {
    return this.#source?.isPaused ?? false;
  }

  /**
   * Open a source and show it; what was shown before stays until then, and stays where this fails or is cancelled.
   *
   * @param {Choice} choice
   * @returns {Promise<boolean>} false where it was cancelled or something else came between; throws SourceError
   */
  async start(choice) {
    const generation = (this.#generation += 1);
    if (this.#source) this.#source.onended = null;
    try {
      const source = await this.#opened(choice, generation);
      if (source && generation === this.#generation) return await this.#show(source, generation);
      source?.release();
    } catch (error) {
      // Nobody waits any more for a source that was stopped meanwhile, nor for the reason why it did not come.
      if (generation === this.#generation) throw error;
    } finally {
      if (generation === this.#generation) this.#keepOrDrop();
    }
    return false;
  }

  /** Release the source; the camera is switched off. */
  stop() {
    this.#generation += 1;
    this.#drop();
  }

  /** Go on where the browser has paused the element by itself, as it may while nobody looks. */
  async keepPlaying() {
    if (!this.#source || !this.#video.paused) return;
    await this.#video.play().catch(() => undefined);
  }

  /**
   * @param {Choice} choice
   * @param {number} generation
   */
  async #opened(choice, generation) {
    try {
      return await this.#open(choice);
    } catch (error) {
      // Phones open one camera at a time: then the old one has to go before the new one is there.
      const isTaken = error instanceof SourceError && error.code === "camera_busy" && this.#source?.kind === "camera";
      if (!isTaken || generation !== this.#generation) throw error;
      this.#drop();
      return this.#open(choice);
    }
  }

  /**
   * @param {Source} source
   * @param {number} generation
   */
  async #show(source, generation) {
    const before = this.#source;
    this.#source = source;
    source.attach(this.#video);
    try {
      await this.#played(source);
    } catch (error) {
      source.release();
      if (generation !== this.#generation) {
        before?.release();
        return false;
      }
      this.#source = before;
      this.#showAgain(before);
      throw error;
    }
    before?.release();
    if (generation === this.#generation) return true;
    if (this.#source !== source) source.release();
    return false;
  }

  /** @param {Source} source */
  async #played(source) {
    /** @type {unknown} */
    let timer;
    const tooLate = new Promise((_, reject) => {
      timer = this.#clock.setTimeout(() => reject(silent(source)), SHOW_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.#video.play(), tooLate]);
    } catch (error) {
      throw error instanceof SourceError ? error : source.unplayable(error);
    } finally {
      this.#clock.clearTimeout(timer);
    }
    if (!this.#video.videoWidth) throw silent(source);
  }

  /** @param {Source | null} source */
  #showAgain(source) {
    if (!source) return;
    source.attach(this.#video);
    void this.keepPlaying();
  }

  /** After an attempt: hear of the end of what is shown, or let it go where it ended meanwhile. */
  #keepOrDrop() {
    const source = this.#source;
    if (source?.isOver) this.#drop();
    else if (source) source.onended = () => this.#lost(source);
  }

  #drop() {
    this.#source?.release();
    this.#source = null;
    this.#video.srcObject = null;
  }

  /** @param {Source} source */
  #lost(source) {
    if (this.#source !== source) return;
    this.stop();
    this.#ended(source.kind);
  }
}

/** @param {Source} source */
function silent(source) {
  return source.kind === "camera" ? new SourceError("camera_silent") : source.unplayable("");
}
