import { milliseconds } from "../../shared/format.js";
import { partsOf } from "../dom.js";
import { isOver } from "../job.js";
import { counted, duration, factsInWords } from "../words.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("../job.js").Job} Job
 * @typedef {object} InspectorElements
 * @property {HTMLElement} deviceRequested
 * @property {HTMLElement} deviceUsed
 * @property {HTMLElement} timeTaken
 * @property {HTMLElement} tracks
 * @property {HTMLElement} attempts
 * @property {HTMLElement} fallback
 * @property {HTMLElement} nodes
 * @property {HTMLElement} nodesEmpty
 * @property {HTMLElement} warnings
 * @property {HTMLElement} warningsCount
 * @property {HTMLElement} warningsList
 */

const NONE = "–";

/** The processing of a job: devices, the time of each node, versions, warnings. */
export class Inspector {
  #elements;
  #createNode;
  #createItem;

  /**
   * @param {InspectorElements} elements
   * @param {object} needs
   * @param {() => HTMLElement} needs.createNode
   * @param {() => HTMLElement} needs.createItem
   */
  constructor(elements, { createNode, createItem }) {
    this.#elements = elements;
    this.#createNode = createNode;
    this.#createItem = createItem;
  }

  /**
   * @param {Job} job
   * @param {number} attempts
   */
  render(job, attempts) {
    const { deviceRequested, deviceUsed, timeTaken, tracks, fallback } = this.#elements;
    setText(deviceRequested, job.deviceRequested || NONE);
    setText(deviceUsed, job.deviceUsed || NONE);
    setText(timeTaken, timeOf(job));
    setText(tracks, job.tracks ? String(job.tracks) : NONE);
    setText(this.#elements.attempts, String(attempts));
    fallback.hidden = !job.fallback;
    this.#renderNodes(job);
    this.#renderWarnings(job);
  }

  /** @param {Job} job */
  #renderNodes({ timings, tools }) {
    const { nodes, nodesEmpty } = this.#elements;
    nodesEmpty.hidden = timings.length > 0;
    while (nodes.children.length > timings.length) nodes.lastElementChild?.remove();
    while (nodes.children.length < timings.length) nodes.append(this.#createNode());
    const slowest = Math.max(...timings.map(({ meanMs }) => meanMs)) || 1;
    timings.forEach((timing, i) => {
      const field = partsOf(/** @type {HTMLElement} */ (nodes.children[i]));
      setText(field("id"), timing.id);
      setText(field("tool"), timing.tool);
      field("bar").setAttribute("width", ((100 * timing.meanMs) / slowest).toFixed(1));
      setText(field("mean"), timing.meanMs < 10 ? `${timing.meanMs.toFixed(1)} ms` : milliseconds(timing.meanMs));
      setText(field("most"), `at most ${milliseconds(timing.maxMs)}`);
      setText(field("facts"), factsInWords(tools[timing.id]));
    });
  }

  /** @param {Job} job */
  #renderWarnings({ warnings, warningsCount }) {
    const { warnings: box, warningsCount: title, warningsList: list } = this.#elements;
    box.hidden = warningsCount === 0;
    setText(title, counted(warningsCount, "warning"));
    while (list.children.length > warnings.length) list.lastElementChild?.remove();
    while (list.children.length < warnings.length) list.append(this.#createItem());
    warnings.forEach((sentence, i) => setText(/** @type {Element} */ (list.children[i]), sentence));
  }
}

/** @param {Job} job */
function timeOf(job) {
  const [from, to] = [Date.parse(job.startedAt), Date.parse(job.finishedAt)];
  return isOver(job) && to >= from ? duration((to - from) / 1000) : NONE;
}
