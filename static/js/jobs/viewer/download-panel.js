import { setProgress } from "../dom.js";
import { isOver } from "../job.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("../job.js").Job} Job
 * @typedef {object} DownloadPanelElements
 * @property {readonly HTMLElement[]} links one for each format
 * @property {HTMLElement} later
 * @property {HTMLElement} annotated
 * @property {HTMLElement} words
 * @property {HTMLProgressElement} progress
 * @property {HTMLButtonElement} make
 * @property {HTMLElement} link
 * @property {HTMLElement | null} watch
 */

/** The downloads of a job, and the progress of its annotated video. */
export class DownloadPanel {
  #elements;

  /** @param {DownloadPanelElements} elements */
  constructor(elements) {
    this.#elements = elements;
  }

  /** @param {Job} job */
  render(job) {
    const { links, later, annotated, progress, make, link, watch, words } = this.#elements;
    const isThere = isOver(job) && job.framesDone > 0;
    for (const one of links) one.hidden = !isThere;
    later.hidden = isThere;
    annotated.hidden = !isThere;
    setText(later, isOver(job) ? "There are no results to download." : `Results can be downloaded when the ${job.sourceKind} is done.`);
    const isBeingMade = job.annotatedStatus === "pending" || job.annotatedStatus === "running";
    progress.hidden = !isBeingMade;
    setProgress(progress, job.annotatedStatus === "pending" ? null : job.annotatedProgress);
    make.hidden = job.annotatedStatus === "ready" || isBeingMade;
    link.hidden = job.annotatedStatus !== "ready";
    if (watch) watch.hidden = job.annotatedStatus !== "ready";
    setText(words, wordsOf(job));
  }
}

/** @param {Job} job */
export function wordsOf({ annotatedStatus, annotatedProgress, annotatedError, sourceKind }) {
  switch (annotatedStatus) {
    case "pending":
      return `The annotated ${sourceKind} is waiting.`;
    case "running":
      return `The annotated ${sourceKind} is being created: ${Math.floor(annotatedProgress)}%`;
    case "failed":
      return `The annotated ${sourceKind} could not be created: ${annotatedError || "try again."}`;
    default:
      return `The ${sourceKind} with its boxes, as ${sourceKind === "picture" ? "a JPEG" : "an MP4"}.`;
  }
}
