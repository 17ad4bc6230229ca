import { Recent } from "./recent.js";

/**
 * @typedef {{p50: number | null, p95: number | null}} Percentiles milliseconds; null where there is nothing to tell from
 * @typedef {object} Report
 * @property {number} fpsSent frames a second, lately
 * @property {number} fpsAnswered
 * @property {number} fpsDrawn
 * @property {Percentiles & {history: (number | null)[]}} latency from taking a picture to its boxes on the screen;
 *   the history has the longest of each quarter of a second, oldest first
 * @property {Percentiles} roundTrip from taking a picture to its answer
 * @property {Record<string, number>} stages mean milliseconds on the server, by stage
 * @property {number} dropRate share of the answered frames that gave way to newer ones
 * @property {number} slowDowns since the stream was started
 * @property {number | null} jpegBytes mean size of a frame
 * @property {number} bytesPerSecond
 * @property {string} connection
 */

/** The period that the report covers. */
export const WINDOW_MS = 10_000;
/** Rates over a shorter time: a change is to be seen soon. */
export const RATE_WINDOW_MS = 3_000;
/** The history has one value for each stretch of this length. */
export const BUCKET_MS = 250;

/** Counts what happens to the frames of the stream, and reports on the last seconds. */
export class StreamStats {
  #now;
  /** @type {Recent<number>} bytes */
  #sent = new Recent(WINDOW_MS);
  /** @type {Recent<{latencyMs: number, timingsMs: Readonly<Record<string, number>>}>} */
  #answered = new Recent(WINDOW_MS);
  /** @type {Recent<number>} milliseconds */
  #drawn = new Recent(WINDOW_MS);
  /** @type {Recent<null>} */
  #dropped = new Recent(WINDOW_MS);
  #slowDowns = 0;
  #connection = "disconnected";
  #since;

  /** @param {() => number} now milliseconds */
  constructor(now) {
    this.#now = now;
    this.#since = now();
  }

  /** A new stream begins. */
  reset() {
    for (const recent of [this.#sent, this.#answered, this.#drawn, this.#dropped]) recent.clear();
    this.#slowDowns = 0;
    this.#since = this.#now();
  }

  /** @param {{bytes: number}} frame */
  frameSent({ bytes }) {
    this.#sent.add(this.#now(), bytes);
  }

  /** @param {{latencyMs: number | null, timingsMs: Readonly<Record<string, number>>}} answer */
  frameAnswered({ latencyMs, timingsMs }) {
    this.#answered.add(this.#now(), { latencyMs: latencyMs ?? NaN, timingsMs });
  }

  frameDropped() {
    this.#dropped.add(this.#now(), null);
  }

  slowedDown() {
    this.#slowDowns += 1;
  }

  /** @param {number} latencyMs */
  frameDrawn(latencyMs) {
    this.#drawn.add(this.#now(), latencyMs);
  }

  /** @param {string} name */
  connectionChanged(name) {
    this.#connection = name;
  }

  /**
   * @param {number} now
   * @returns {Report}
   */
  report(now = this.#now()) {
    const [sent, answered, drawn] = [this.#sent.since(now), this.#answered.since(now), this.#drawn.since(now)];
    const dropped = this.#dropped.since(now).length;
    return {
      fpsSent: this.#rate(sent, now),
      fpsAnswered: this.#rate(answered, now),
      fpsDrawn: this.#rate(drawn, now),
      latency: { ...percentiles(drawn.map(({ value }) => value)), history: history(drawn, now) },
      roundTrip: percentiles(answered.map(({ value }) => value.latencyMs).filter(Number.isFinite)),
      stages: meanStages(answered.map(({ value }) => value.timingsMs)),
      dropRate: dropped === 0 ? 0 : dropped / (dropped + answered.length),
      slowDowns: this.#slowDowns,
      jpegBytes: mean(sent.map(({ value }) => value)),
      bytesPerSecond: this.#perSecond(sent, now, ({ value }) => value),
      connection: this.#connection,
    };
  }

  /**
   * @param {readonly {at: number}[]} entries
   * @param {number} now
   */
  #rate(entries, now) {
    return this.#perSecond(entries, now, () => 1);
  }

  /**
   * @template {{at: number}} Entry
   * @param {readonly Entry[]} entries
   * @param {number} now
   * @param {(entry: Entry) => number} amount
   */
  #perSecond(entries, now, amount) {
    const spanMs = Math.min(RATE_WINDOW_MS, Math.max(now - this.#since, 1000));
    const lately = entries.filter(({ at }) => now - at < spanMs);
    return (lately.reduce((sum, entry) => sum + amount(entry), 0) * 1000) / spanMs;
  }
}

/**
 * @param {readonly number[]} values
 * @returns {Percentiles} by nearest rank
 */
export function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p95: at(0.95) };
}

/**
 * @param {readonly {at: number, value: number}[]} entries
 * @param {number} now
 */
function history(entries, now) {
  /** @type {(number | null)[]} */
  const buckets = Array.from({ length: WINDOW_MS / BUCKET_MS }, () => null);
  for (const { at, value } of entries) {
    const index = buckets.length - 1 - Math.floor((now - at) / BUCKET_MS);
    buckets[index] = Math.max(value, buckets[index] ?? 0);
  }
  return buckets;
}

/** @param {readonly Readonly<Record<string, number>>[]} timings */
function meanStages(timings) {
  const names = new Set(timings.flatMap((each) => Object.keys(each)));
  const pairs = [...names].map((name) => [name, mean(timings.flatMap((each) => each[name] ?? [])) ?? 0]);
  return /** @type {Record<string, number>} */ (Object.fromEntries(pairs));
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
