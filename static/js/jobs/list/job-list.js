import { readJob } from "../job.js";
import { afterEvent } from "../job-events.js";
import { JobRow } from "./job-row.js";
import { STATUS_WORDS } from "../words.js";

/**
 * @typedef {import("../job.js").Job} Job
 * @typedef {import("../job.js").JobData} JobData
 * @typedef {import("../job-events.js").JobEvent} JobEvent
 */

/** The list of jobs, as the server wrote it and as events change it. */
export class JobList {
  #list;
  #empty;
  #createRow;
  #announce;
  #states;
  #grows;
  /** @type {Map<string, JobRow>} */
  #rows = new Map();
  /** @type {Map<string, JobData>} */
  #jobs = new Map();

  /**
   * @param {object} needs
   * @param {HTMLElement} needs.list
   * @param {HTMLElement} needs.empty shown where there is no job
   * @param {() => HTMLElement} needs.createRow
   * @param {(words: string) => void} needs.announce
   * @param {readonly string[]} needs.states new jobs come only if they are in one of these; none for all
   * @param {boolean} needs.grows whether new jobs come at all
   */
  constructor({ list, empty, createRow, announce, states, grows }) {
    this.#list = list;
    this.#empty = empty;
    this.#createRow = createRow;
    this.#announce = announce;
    this.#states = states;
    this.#grows = grows;
    for (const element of list.children) this.#adopt(new JobRow(/** @type {HTMLElement} */ (element)));
  }

  /** @returns {readonly string[]} */
  get jobIds() {
    return [...this.#rows.keys()];
  }

  /** @param {string} jobId */
  nameOf(jobId) {
    return this.#rows.get(jobId)?.name ?? "";
  }

  /** @param {JobEvent} event */
  hear(event) {
    if (!event.jobId) return;
    const data = afterEvent(this.#jobs.get(event.jobId) ?? null, event);
    if (data === null) {
      if (event.type === "deleted") this.remove(event.jobId);
      return;
    }
    const job = readJob(data);
    if (!job || !this.#show(job)) return;
    this.#jobs.set(job.id, data);
  }

  /** @param {string} jobId */
  remove(jobId) {
    const row = this.#rows.get(jobId);
    if (!row) return;
    const hadFocus = row.element.contains(row.element.ownerDocument.activeElement);
    const beside = row.element.nextElementSibling ?? row.element.previousElementSibling;
    row.element.remove();
    this.#rows.delete(jobId);
    this.#jobs.delete(jobId);
    if (hadFocus) /** @type {HTMLElement | null} */ (beside?.querySelector("a"))?.focus();
    this.#renderEmpty();
  }

  /**
   * @param {Job} job
   * @returns {boolean} whether it is in the list
   */
  #show(job) {
    const known = this.#rows.get(job.id);
    if (!known && !this.#isWelcome(job)) return false;
    const row = known ?? new JobRow(this.#createRow());
    const before = known?.status;
    row.render(job);
    if (!known) this.#insert(row, job);
    if (before && before !== job.status) this.#announce(`${job.sourceName}: ${STATUS_WORDS[job.status]}`);
    return true;
  }

  /** @param {Job} job */
  #isWelcome({ status, createdAt }) {
    if (!this.#grows || (this.#states.length && !this.#states.includes(status))) return false;
    const last = this.#list.lastElementChild?.querySelector("time")?.getAttribute("datetime") ?? "";
    // What is older than all that is shown belongs on the next page.
    return createdAt >= last || this.#rows.size === 0;
  }

  /**
   * @param {JobRow} row
   * @param {Job} job
   */
  #insert(row, job) {
    const isOlder = (/** @type {Element} */ other) =>
      (other.querySelector("time")?.getAttribute("datetime") ?? "") < job.createdAt;
    this.#list.insertBefore(row.element, [...this.#list.children].find(isOlder) ?? null);
    this.#rows.set(job.id, row);
    this.#renderEmpty();
  }

  /** @param {JobRow} row */
  #adopt(row) {
    row.localize();
    this.#rows.set(row.jobId, row);
  }

  #renderEmpty() {
    this.#empty.hidden = this.#rows.size > 0;
    this.#list.hidden = this.#rows.size === 0;
  }
}
