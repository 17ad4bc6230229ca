import { isOver } from "../job.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("../job.js").Job} Job
 * @typedef {object} UnplayableElements
 * @property {HTMLElement} note
 * @property {HTMLElement} words
 * @property {HTMLButtonElement} button
 */

/** Says that the browser cannot show a file, and offers the annotated one, which every browser can. */
export class UnplayableNote {
  #elements;
  #create;
  #watch;
  #isWanted = false;

  /**
   * @param {UnplayableElements} elements
   * @param {object} needs
   * @param {() => void} needs.create have the annotated file made
   * @param {() => void} needs.watch show it in place of the file
   */
  constructor(elements, { create, watch }) {
    this.#elements = elements;
    this.#create = create;
    this.#watch = watch;
  }

  /** @param {AbortSignal} signal */
  start(signal) {
    this.#elements.button.addEventListener("click", () => {
      if (this.#elements.button.dataset["action"] === "watch") {
        this.#watch();
        return;
      }
      this.#isWanted = true;
      this.#create();
    }, { signal });
  }

  /**
   * @param {boolean} isShown
   * @param {Job | null} job
   */
  render(isShown, job) {
    const { note, words, button } = this.#elements;
    note.hidden = !isShown;
    if (!isShown) return;
    const { says, offers, action } = offerOf(job);
    setText(words, says);
    button.hidden = offers === "";
    button.dataset["action"] = action;
    setText(button, offers);
    if (action !== "watch" || !this.#isWanted) return;
    this.#isWanted = false;
    this.#watch();
  }
}

/**
 * The note on a file that the browser cannot play, and what is offered in its place.
 *
 * @param {Job | null} job
 * @returns {{says: string, offers: string, action: "watch" | "create" | ""}}
 */
export function offerOf(job) {
  const kind = job?.sourceKind ?? "video";
  const cannot = `This browser cannot show this ${kind}.`;
  const nothing = /** @type {const} */ ({ says: cannot, offers: "", action: "" });
  switch (job?.annotatedStatus) {
    case undefined:
      return nothing;
    case "ready":
      return { says: cannot, offers: `Show the annotated ${kind}`, action: "watch" };
    case "pending":
      return { ...nothing, says: `${cannot} The annotated ${kind} is waiting to be created.` };
    case "running":
      return { ...nothing, says: `${cannot} The annotated ${kind} is being created: ${Math.floor(job?.annotatedProgress ?? 0)}%` };
    default:
  }
  if (!job || !isOver(job)) return { ...nothing, says: `${cannot} Once it is analysed, the annotated ${kind} can be shown.` };
  if (job.framesDone === 0) return nothing;
  const failed = job.annotatedStatus === "failed" ? ` The annotated ${kind} could not be created: ${job.annotatedError}` : "";
  return { says: cannot + failed, offers: `Create the annotated ${kind}`, action: "create" };
}
