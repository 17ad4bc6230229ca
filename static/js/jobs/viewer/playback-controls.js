import { clockTime } from "../words.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("./player.js").Player} Player
 * @typedef {object} PlaybackElements
 * @property {HTMLElement} play
 * @property {HTMLElement} playWord
 * @property {Element} playIcon
 * @property {HTMLElement} back
 * @property {HTMLElement} forward
 * @property {HTMLElement} position
 * @property {HTMLElement} whole
 * @property {HTMLInputElement} scrubber
 * @property {HTMLSelectElement} speed
 * @property {HTMLElement} mute
 * @property {Element} muteIcon
 */

/** Elements in which a key means something already. */
const KEEPS_KEYS = "input, select, textarea, button, summary, a, [contenteditable]";

/** The buttons, the clock and the scrubber below a video. */
export class PlaybackControls {
  #elements;
  #video;
  #player;
  #step;
  #touched;

  /**
   * @param {PlaybackElements} elements
   * @param {object} needs
   * @param {HTMLVideoElement} needs.video
   * @param {Player} needs.player
   * @param {(direction: 1 | -1) => void} needs.step
   * @param {() => void} needs.touched the user moved through the video
   */
  constructor(elements, { video, player, step, touched }) {
    this.#elements = elements;
    this.#video = video;
    this.#player = player;
    this.#step = step;
    this.#touched = touched;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    const { play, back, forward, scrubber, speed, mute } = this.#elements;
    play.addEventListener("click", () => this.#toggle(), { signal });
    back.addEventListener("click", () => this.#stepBy(-1), { signal });
    forward.addEventListener("click", () => this.#stepBy(1), { signal });
    scrubber.addEventListener("input", () => {
      this.#touched();
      this.#player.seek(Number(scrubber.value));
    }, { signal });
    speed.addEventListener("change", () => {
      this.#video.playbackRate = Number(speed.value);
    }, { signal });
    mute.addEventListener("click", () => {
      this.#video.muted = !this.#video.muted;
    }, { signal });
    play.ownerDocument.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    this.render();
  }

  /** As the player is now. */
  render() {
    const { play, playWord, playIcon, scrubber, whole, mute, muteIcon } = this.#elements;
    const isPlaying = this.#player.isPlaying;
    setText(playWord, isPlaying ? "Pause" : "Play");
    playIcon.setAttribute("href", isPlaying ? "#icon-pause" : "#icon-play");
    play.dataset["playing"] = String(isPlaying);
    mute.setAttribute("aria-pressed", String(this.#video.muted));
    muteIcon.setAttribute("href", this.#video.muted ? "#icon-muted" : "#icon-sound");
    const { durationS } = this.#player;
    if (!durationS) return;
    scrubber.max = String(durationS);
    setText(whole, clockTime(durationS));
    this.showTime(this.#player.timeS);
  }

  /** @param {number} timeS */
  showTime(timeS) {
    const { position, scrubber } = this.#elements;
    setText(position, clockTime(timeS, { tenths: true }));
    scrubber.value = String(timeS);
    scrubber.setAttribute("aria-valuetext", `${clockTime(timeS)} of ${clockTime(this.#player.durationS)}`);
  }

  #toggle() {
    this.#touched();
    this.#player.toggle();
  }

  /** @param {1 | -1} direction */
  #stepBy(direction) {
    this.#touched();
    this.#player.pause();
    this.#step(direction);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "," || event.key === ".") {
      if (/** @type {Element} */ (event.target).closest("input:not([type=range]), textarea, select")) return;
      this.#stepBy(event.key === "," ? -1 : 1);
    } else if (event.key === " " && !(/** @type {Element} */ (event.target).closest(KEEPS_KEYS))) {
      this.#toggle();
    } else {
      return;
    }
    event.preventDefault();
  }
}
