import { setProgress, showOnly } from "../dom.js";
import { isOver } from "../job.js";
import { STATUS_WORDS, TONES, duration, framesInWords } from "../words.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("../job.js").Job} Job
 * @typedef {object} PanelElements
 * @property {HTMLElement} dot
 * @property {HTMLElement} status
 * @property {HTMLElement} frames
 * @property {HTMLProgressElement} progress
 * @property {HTMLElement} remaining
 * @property {HTMLElement} reason
 * @property {HTMLElement} followField
 * @property {HTMLButtonElement} cancel
 * @property {HTMLButtonElement} retry
 * @property {HTMLButtonElement} remove
 */

/** The rate is taken over this time: long enough to be steady, short enough to be true. */
const RATE_MS = 10_000;
const LEAST_MS = 1500;
/** Progress is announced in steps of so many percent. */
const STEP = 25;

/** The job's status, progress and buttons. */
export class StatePanel {
  #elements;
  #announce;
  #now;
  /** @type {{at: number, frames: number}[]} */
  #samples = [];
  #announced = "";

  /**
   * @param {PanelElements} elements
   * @param {object} needs
   * @param {(words: string) => void} needs.announce
   * @param {() => number} needs.now milliseconds
   */
  constructor(elements, { announce, now }) {
    this.#elements = elements;
    this.#announce = announce;
    this.#now = now;
  }

  /** @param {Job} job */
  render(job) {
    const { dot, status, frames, progress, reason, followField, cancel, retry, remove } = this.#elements;
    dot.dataset["tone"] = TONES[job.status];
    setText(status, STATUS_WORDS[job.status]);
    setText(frames, framesInWords(job));
    progress.hidden = isOver(job);
    setProgress(progress, job.status === "running" && job.framesTotal === null ? null : job.progress);
    setText(reason, job.errorMessage);
    reason.hidden = job.errorMessage === "";
    followField.hidden = job.status !== "running" || job.sourceKind === "picture";
    showOnly([cancel, retry, remove], (button) => {
      if (button === cancel) return !isOver(job);
      return button === remove || job.status === "failed" || job.status === "cancelled";
    });
    this.#renderRemaining(job);
    this.#tell(job);
  }

  /** @param {Job} job */
  #renderRemaining(job) {
    const { remaining } = this.#elements;
    if (job.status !== "running") this.#samples = [];
    const leftS = job.status === "running" ? this.#secondsLeft(job) : null;
    remaining.hidden = leftS === null;
    setText(remaining, leftS === null ? "" : `About ${duration(leftS < 10 ? Math.ceil(leftS) : Math.round(leftS / 5) * 5)} left`);
  }

  /** @param {Job} job */
  #secondsLeft({ framesDone, framesTotal }) {
    const now = this.#now();
    this.#samples = this.#samples.filter(({ at, frames }) => now - at <= RATE_MS && frames <= framesDone);
    this.#samples.push({ at: now, frames: framesDone });
    const first = this.#samples[0] ?? { at: now, frames: framesDone };
    const [elapsed, frames] = [now - first.at, framesDone - first.frames];
    if (framesTotal === null || elapsed < LEAST_MS || frames === 0) return null;
    return (Math.max(framesTotal - framesDone, 0) * elapsed) / frames / 1000;
  }

  /** @param {Job} job */
  #tell(job) {
    const step = Math.floor(job.progress / STEP) * STEP;
    const isWorthIt = job.status === "running" && job.framesTotal !== null && step > 0;
    const words = isWorthIt ? `${step}% done` : STATUS_WORDS[job.status];
    if (this.#announced && this.#announced !== words) this.#announce(words);
    this.#announced = words;
  }
}
