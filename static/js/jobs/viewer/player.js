/**
 * @typedef {object} PlayerEvents
 * @property {(timeS: number) => void} shown another frame of the video is on the screen
 * @property {() => void} changed it began or stopped to play, or knows its length
 * @property {() => void} unplayable the browser cannot show the video, or knows now whether it can
 */

/** A seek lands a little behind the beginning of a frame: exactly at it, rounding may show the one before. */
const INTO_FRAME_S = 0.001;
/** The browser's numbers for a file that it has no decoder for, and for one whose size is known. */
const NO_SOURCE = 3;
const HAS_METADATA = 1;

/** Plays a video and tells which frame is on the screen, to the very frame where the browser can. */
export class Player {
  #video;
  #events;
  #requestFrame;
  #timeS = 0;
  #isStarted = false;
  #analysedS = 0;

  /**
   * @param {object} needs
   * @param {HTMLVideoElement} needs.video
   * @param {(callback: () => void) => unknown} needs.requestFrame for browsers that do not tell of frames
   * @param {PlayerEvents} needs.events
   */
  constructor({ video, requestFrame, events }) {
    this.#video = video;
    this.#requestFrame = requestFrame;
    this.#events = events;
  }

  /** The time of the frame that is on the screen. */
  get timeS() {
    return this.#timeS;
  }

  /** Recordings of browsers do not say how long they are, or say too little: then the analysis knows better. */
  get durationS() {
    const { duration } = this.#video;
    return Math.max(Number.isFinite(duration) ? duration : 0, this.#analysedS);
  }

  /** True where the browser cannot play the file at all, or plays nothing but its sound. */
  get isUnplayable() {
    const { error, networkState, readyState, videoWidth } = this.#video;
    return error !== null || networkState === NO_SOURCE || (readyState >= HAS_METADATA && videoWidth === 0);
  }

  /**
   * The analysis has come so far.
   *
   * @param {number} durationS
   */
  know(durationS) {
    if (durationS === this.#analysedS) return;
    this.#analysedS = durationS;
    this.#events.changed();
  }

  get isPlaying() {
    return !this.#video.paused && !this.#video.ended;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const changed = () => this.#events.changed();
    for (const name of ["play", "pause", "ended", "durationchange", "ratechange", "volumechange"]) {
      this.#video.addEventListener(name, changed, { signal });
    }
    for (const name of ["error", "loadedmetadata", "emptied"]) {
      this.#video.addEventListener(name, () => this.#events.unplayable(), { signal });
    }
    if ("requestVideoFrameCallback" in this.#video) {
      this.#awaitFrame(signal);
      this.#video.addEventListener("loadedmetadata", () => this.#hearSoundAlone(signal), { signal });
      this.#hearSoundAlone(signal);
    } else {
      this.#awaitTime(signal);
    }
    // What went wrong before anybody listened.
    this.#events.unplayable();
  }

  toggle() {
    if (this.isPlaying) this.#video.pause();
    else void this.#video.play().catch(() => this.#events.changed());
  }

  pause() {
    this.#video.pause();
  }

  /** @param {number} timeS */
  seek(timeS) {
    const end = this.durationS || timeS + INTO_FRAME_S;
    const at = Math.min(Math.max(timeS, 0) + INTO_FRAME_S, end);
    // A video that is not there cannot be moved through; what was found in it can.
    if (this.#video.error) this.#tell(at);
    else this.#video.currentTime = at;
  }

  /** @param {AbortSignal} signal */
  #awaitFrame(signal) {
    this.#video.requestVideoFrameCallback((_, { mediaTime }) => {
      if (signal.aborted) return;
      this.#tell(mediaTime);
      this.#awaitFrame(signal);
    });
  }

  /**
   * Follow the time where only the sound plays: no frame callback comes then.
   *
   * @param {AbortSignal} signal
   */
  #hearSoundAlone(signal) {
    if (!this.#video.error && this.isUnplayable) this.#awaitTime(signal);
  }

  /** @param {AbortSignal} signal */
  #awaitTime(signal) {
    this.#requestFrame(() => {
      if (signal.aborted) return;
      const { currentTime, readyState, videoWidth } = /** @type {HTMLVideoElement} */ (this.#video);
      // Another file, with a picture, may have come in its place.
      if ("requestVideoFrameCallback" in this.#video && videoWidth > 0) return;
      if (readyState >= 2 && currentTime !== this.#timeS) this.#tell(currentTime);
      this.#awaitTime(signal);
    });
  }

  /** @param {number} timeS */
  #tell(timeS) {
    this.#timeS = timeS;
    this.#events.shown(timeS);
  }
}
