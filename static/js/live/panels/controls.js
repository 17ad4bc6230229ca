import { countdown, milliseconds } from "../../shared/format.js";
import { setText } from "../../shared/set-text.js";
import { noteOf, statusOf } from "../state.js";

/**
 * @typedef {import("../state.js").LiveState} LiveState
 * @typedef {object} ControlElements
 * @property {HTMLButtonElement} start
 * @property {HTMLButtonElement} stop
 * @property {HTMLElement} status
 * @property {HTMLElement} statusText
 * @property {HTMLElement} statusCountdown not announced: it changes every second
 * @property {HTMLElement} stage
 * @property {HTMLElement} stageEmpty
 * @property {HTMLElement} stageNote
 * @property {HTMLElement} fps
 * @property {HTMLElement} delay
 * @property {HTMLElement} found
 * @property {readonly HTMLButtonElement[]} savers what they save is the frame that is shown
 */

const NONE = "–";

/** The buttons, the status and the figures, as the state has them. */
export class Controls {
  #elements;

  /** @param {ControlElements} elements */
  constructor(elements) {
    this.#elements = elements;
  }

  /** @param {LiveState} state */
  render(state) {
    this.#renderButtons(state);
    const { status, statusText, stage, stageEmpty, stageNote, savers } = this.#elements;
    const { text, tone } = statusOf(state);
    setText(statusText, text);
    status.dataset["tone"] = tone;
    stage.dataset["camera"] = state.camera;
    stageEmpty.hidden = state.camera === "on";
    const note = noteOf(state);
    setText(stageNote, note);
    stageNote.hidden = note === "";
    for (const saver of savers) saver.disabled = state.frame === null;
    if (state.frame === null) this.renderFigures(state);
  }

  /**
   * Called less often than there are frames: figures that change fifteen times a second cannot be read.
   *
   * @param {LiveState} state
   */
  renderFigures({ frame, delayMs, fps }) {
    setText(this.#elements.fps, fps === null ? NONE : fps.toFixed(fps < 10 ? 1 : 0));
    setText(this.#elements.delay, delayMs === null ? NONE : milliseconds(delayMs));
    setText(this.#elements.found, frame === null ? NONE : String(frame.detections.length));
  }

  /**
   * @param {LiveState} state
   * @param {number} now
   */
  renderCountdown({ camera, connection }, now) {
    const isWaiting = camera === "on" && connection.name === "reconnecting";
    setText(this.#elements.statusCountdown, isWaiting ? ` ${countdown(connection.retryAt - now)}` : "");
  }

  /** @param {LiveState} state */
  #renderButtons({ camera, pipelineId }) {
    const { start, stop } = this.#elements;
    const [hadStart, hadStop] = [start, stop].map((button) => button.ownerDocument.activeElement === button);
    start.disabled = camera !== "off" || pipelineId === "";
    stop.disabled = camera === "off";
    // A button that goes out takes the focus along; whoever uses the keyboard goes on at the other one.
    if (hadStart && start.disabled && !stop.disabled) stop.focus();
    if (hadStop && stop.disabled && !start.disabled) start.focus();
  }
}
