/**
 * @typedef {object} PlayerEvents
 * @property {(timeS: number) => void} shown another frame of the video is on the screen
 * @property {() => void} changed it began or stopped to play, or knows its length
 */

/** A seek lands a little behind the beginning of a frame: exactly at it, rounding may show the one before. */
const INTO_FRAME_S = 0.001;

/** Plays a video and tells which frame is on the screen, to the very frame where the browser can. */
export class Player {
  #video;
  #events;
  #requestFrame;
  #timeS = 0;
  #isStarted = false;

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

  get durationS() {
    return Number.isFinite(this.#video.duration) ? this.#video.duration : 0;
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
    if ("requestVideoFrameCallback" in this.#video) this.#awaitFrame(signal);
    else this.#awaitTime(signal);
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
    this.#video.currentTime = Math.min(Math.max(timeS, 0) + INTO_FRAME_S, end);
  }

  /** @param {AbortSignal} signal */
  #awaitFrame(signal) {
    this.#video.requestVideoFrameCallback((_, { mediaTime }) => {
      if (signal.aborted) return;
      this.#tell(mediaTime);
      this.#awaitFrame(signal);
    });
  }

  /** @param {AbortSignal} signal */
  #awaitTime(signal) {
    this.#requestFrame(() => {
      if (signal.aborted) return;
      const { currentTime, readyState } = /** @type {HTMLVideoElement} */ (this.#video);
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
