import { partsOf, setProgress, showOnly } from "../dom.js";
import { isOver } from "../job.js";
import { STATUS_WORDS, TONES, framesInWords, moment, sourceInWords } from "../words.js";
import { setText } from "../../shared/set-text.js";

/** @typedef {import("../job.js").Job} Job */

/** @type {Readonly<Record<string, (job: Job) => boolean>>} */
const OFFERED = Object.freeze({
  cancel: (job) => !isOver(job),
  retry: (job) => job.status === "failed" || job.status === "cancelled",
  delete: () => true,
});

/** One job in the list. */
export class JobRow {
  #field;
  /** @type {HTMLElement[]} */
  #buttons;

  /** @param {HTMLElement} element as the server writes it */
  constructor(element) {
    this.element = element;
    this.#field = partsOf(element);
    this.#buttons = [...element.querySelectorAll("button")];
  }

  get jobId() {
    return this.element.dataset["jobId"] ?? "";
  }

  /** The file's name, as the user uploaded it. */
  get name() {
    return this.#field("name").textContent ?? "";
  }

  get status() {
    return this.element.dataset["status"] ?? "";
  }

  /** Show times in the user's language and time zone. */
  localize() {
    const created = this.#field("created");
    setText(created, moment(created.getAttribute("datetime") ?? "") || (created.textContent ?? ""));
  }

  /** @param {Job} job */
  render(job) {
    const field = this.#field;
    this.element.dataset["jobId"] = job.id;
    this.element.dataset["status"] = job.status;
    field("name").setAttribute("href", `${job.id}/`);
    setText(field("name"), job.sourceName);
    setText(field("pipeline"), job.pipelineName);
    setText(field("owner"), job.owner);
    field("owner").hidden = job.owner === "";
    setText(field("source"), sourceInWords(job));
    field("created").setAttribute("datetime", job.createdAt);
    this.localize();
    field("dot").dataset["tone"] = TONES[job.status];
    setText(field("status"), STATUS_WORDS[job.status]);
    setText(field("frames"), framesInWords(job));
    const progress = /** @type {HTMLProgressElement} */ (field("progress"));
    progress.hidden = isOver(job);
    setProgress(progress, job.status === "running" && job.framesTotal === null ? null : job.progress);
    setText(field("reason"), job.errorMessage);
    field("reason").hidden = job.errorMessage === "";
    for (const button of this.#buttons) {
      const words = button.querySelector("[data-field=of]");
      if (words) setText(words, ` ${job.sourceName}`);
    }
    showOnly(this.#buttons, (button) => OFFERED[button.dataset["action"] ?? ""]?.(job) ?? true);
  }
}
