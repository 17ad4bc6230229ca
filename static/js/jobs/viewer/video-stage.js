import { DensityStrip } from "./density-strip.js";
import { Player } from "./player.js";
import { PlaybackControls } from "./playback-controls.js";

/**
 * @typedef {import("./playback-controls.js").PlaybackElements} PlaybackElements
 * @typedef {PlaybackElements & {video: HTMLVideoElement, density: HTMLCanvasElement}} StageElements
 */

/** A video with its buttons, its scrubber, and the strip that tells when much was found. */
export class VideoStage {
  #density;
  #strip;
  #player;
  #transport;

  /**
   * @param {StageElements} elements
   * @param {object} needs
   * @param {() => void} needs.shown another frame is on the screen
   * @param {(direction: 1 | -1) => void} needs.step
   * @param {() => void} needs.touched the user moved through the video
   * @param {() => void} needs.unplayable the browser cannot show the video, or knows now whether it can
   * @param {(callback: () => void) => unknown} needs.requestFrame
   */
  constructor({ video, density, ...elements }, { shown, step, touched, unplayable, requestFrame }) {
    this.#density = density;
    this.#strip = new DensityStrip({ canvas: density, colours: () => coloursOf(density) });
    this.#player = new Player({
      video,
      requestFrame,
      events: {
        shown: (timeS) => {
          this.#transport.showTime(timeS);
          this.#strip.play(timeS);
          shown();
        },
        changed: () => this.#transport?.render(),
        unplayable,
      },
    });
    this.#transport = new PlaybackControls(elements, { video, player: this.#player, step, touched });
  }

  get timeS() {
    return this.#player.timeS;
  }

  get isUnplayable() {
    return this.#player.isUnplayable;
  }

  get isPlaying() {
    return this.#player.isPlaying;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    this.#player.start(signal);
    this.#transport.start(signal);
  }

  /** @param {number} timeS */
  seek(timeS) {
    this.#player.seek(timeS);
  }

  /** @param {number} pixelRatio */
  resize(pixelRatio) {
    this.#strip.resize({ width: this.#density.clientWidth, height: this.#density.clientHeight }, pixelRatio);
  }

  /**
   * @param {readonly number[]} counts
   * @param {number} bucketS
   * @param {number} durationS as the analysis found it
   */
  showDensity(counts, bucketS, durationS) {
    this.#player.know(durationS);
    this.#strip.show(counts, bucketS, this.#player.durationS);
  }
}

/** @param {Element} element */
function coloursOf(element) {
  const style = getComputedStyle(element);
  return { played: style.getPropertyValue("--played").trim(), ahead: style.getPropertyValue("--ahead").trim() };
}
