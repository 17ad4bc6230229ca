import { record } from "../job.js";
import { afterEvent } from "../job-events.js";

/**
 * @typedef {import("../job.js").JobData} JobData
 * @typedef {import("../job-events.js").JobEvent} JobEvent
 * @typedef {import("../../shared/clock.js").Clock} Clock
 */

/** The summary grows while a job runs; it is requested no more often than this. */
export const SUMMARY_EVERY_MS = 2000;

/** All that is known of one job: from the server's answers, its events, and both together. */
export class JobFeed {
  #jobId;
  #get;
  #clock;
  #changed;
  #gone;
  #frameDone;
  /** @type {JobData | null} */
  #data = null;
  /** @type {unknown} */
  #timer = null;
  #askedAt = -Infinity;
  #isStopped = false;

  /**
   * @param {object} needs
   * @param {string} needs.jobId
   * @param {() => Promise<JobData>} needs.get
   * @param {Clock} needs.clock
   * @param {(data: JobData) => void} needs.changed
   * @param {() => void} needs.gone
   * @param {(line: Record<string, unknown>) => void} needs.frameDone
   */
  constructor({ jobId, get, clock, changed, gone, frameDone }) {
    this.#jobId = jobId;
    this.#get = get;
    this.#clock = clock;
    this.#changed = changed;
    this.#gone = gone;
    this.#frameDone = frameDone;
  }

  /** Stop; no callback follows. */
  stop() {
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @param {JobEvent} event */
  hear(event) {
    if (this.#isStopped || event.jobId !== this.#jobId) return;
    if (event.type === "deleted") {
      this.stop();
      this.#gone();
      return;
    }
    const data = afterEvent(this.#data, event);
    if (data && data !== this.#data) this.#tell(data);
    if (event.type === "frame") this.#frameDone(record(event.payload));
    if (event.type === "partial_result") this.#refreshSoon();
  }

  /** Ask the server for the whole job; throws what asking throws. */
  async refresh() {
    this.#askedAt = this.#clock.now();
    const data = await this.#get();
    // What came meanwhile may be newer than the answer.
    const isNewer = Number(data["version"]) >= Number(this.#data?.["version"] ?? 0);
    if (!this.#isStopped && isNewer) this.#tell(data);
  }

  #refreshSoon() {
    if (this.#timer !== null) return;
    const waitMs = Math.max(0, this.#askedAt + SUMMARY_EVERY_MS - this.#clock.now());
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      void this.refresh().catch(() => undefined);
    }, waitMs);
  }

  /** @param {JobData} data */
  #tell(data) {
    this.#data = data;
    this.#changed(data);
  }
}
