/** The rate at which a stream starts, and the highest it climbs to. */
export const START_FPS = 15;
/** One step down ends here at the lowest; a further step may go lower. */
export const STEP_FLOOR_FPS = 5;
/** No step goes lower than this. */
export const LOWEST_FPS = 1;
/** Frames that may wait for their answer at once: one that runs and one that is held. */
export const MOST_UNANSWERED = 2;
/** Before the first result the pipeline may still be loading: one fresh frame now and then is enough. */
export const WARMING_INTERVAL_MS = 1000;
/** After trouble the rate rests for this long, then climbs by one frame a second each second. */
export const CALM_MS = 2000;
export const CLIMB_EVERY_MS = 1000;
/** How much the newest measure of the server's working time counts. */
const SMOOTHING = 0.3;
/** Pictures come on a grid of their own; one that is this little early is taken rather than the next one. */
const EARLY_MS = 8;

/**
 * Decides when a frame may be sent: a rate that obeys `slow_down` and climbs back, and a limit of unanswered frames.
 *
 * Frames of one connection are numbered from 1, as the server numbers them. Times are milliseconds of `now`.
 */
export class Pacing {
  #now;
  #fps = START_FPS;
  #warming = true;
  #nextIndex = 1;
  #due = -Infinity;
  #calmUntil = -Infinity;
  #lastClimb = -Infinity;
  #heard = -Infinity;
  #answeredAt = -Infinity;
  #workMs = 0;
  /** @type {Map<number, number>} frame index -> when its picture was taken */
  #unanswered = new Map();

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
  }

  /** The rate aimed at now. */
  get fps() {
    return this.#fps;
  }

  get unanswered() {
    return this.#unanswered.size;
  }

  /** No result has come on this connection yet. */
  get isWarming() {
    return this.#warming;
  }

  /** How long the server has owed an answer without saying anything; 0 where it owes none. */
  get silenceMs() {
    const [oldest] = this.#unanswered.values();
    return oldest === undefined ? 0 : this.#now() - Math.max(oldest, this.#heard);
  }

  /** A new connection begins: nothing is owed, and numbers start again. The rate learnt so far stays. */
  restart() {
    this.#unanswered.clear();
    this.#nextIndex = 1;
    this.#warming = true;
    this.#due = -Infinity;
    this.#heard = this.#answeredAt = this.#now();
    this.#workMs = 0;
  }

  /** A new stream begins, which has learnt nothing yet. */
  reset() {
    this.#fps = START_FPS;
    this.#calmUntil = this.#lastClimb = -Infinity;
    this.restart();
  }

  /** Whether a frame may be sent now. */
  mayStart() {
    this.#climb();
    return this.#unanswered.size < MOST_UNANSWERED && this.#now() + this.#early >= this.#due && this.#isWorthwhile;
  }

  /**
   * A frame was sent.
   *
   * @param {number} takenAt when its picture was taken
   * @returns {number} its index
   */
  sent(takenAt) {
    const interval = this.#intervalMs;
    const now = this.#now();
    // Counting from when it was due keeps the average; a stream that fell behind does not catch up in a burst.
    const due = Number.isFinite(this.#due) ? this.#due : now;
    this.#due = Math.max(due + interval, now + interval / 2);
    const index = this.#nextIndex++;
    this.#unanswered.set(index, takenAt);
    return index;
  }

  /**
   * The answer of a frame came.
   *
   * @param {number} frameIndex
   * @param {boolean} dropped
   * @returns {number | null} milliseconds since its picture was taken; null for a frame nobody waits for
   */
  answered(frameIndex, dropped) {
    const now = this.#now();
    this.#heard = now;
    const takenAt = this.#unanswered.get(frameIndex);
    this.#unanswered.delete(frameIndex);
    if (dropped) this.#rest(now);
    else this.#learn(takenAt ?? now, now);
    return takenAt === undefined ? null : now - takenAt;
  }

  /**
   * The server asks for fewer frames: go to what it suggests, or to half. While the pipeline still loads this says
   * nothing about its speed.
   *
   * @param {number | null} suggestedFps
   */
  slowDown(suggestedFps) {
    if (this.#warming) return;
    const floor = this.#fps > STEP_FLOOR_FPS ? STEP_FLOOR_FPS : LOWEST_FPS;
    const wanted = suggestedFps !== null && suggestedFps > 0 ? suggestedFps : this.#fps / 2;
    this.#fps = Math.min(this.#fps, Math.max(floor, wanted));
    this.#rest(this.#now());
  }

  /**
   * A frame that would only wait behind another one grows old there: the second one is sent when the server should
   * be about to finish the first.
   */
  get #isWorthwhile() {
    const [oldest] = this.#unanswered.values();
    if (oldest === undefined || this.#warming) return true;
    return this.#now() - Math.max(oldest, this.#answeredAt) >= this.#workMs - this.#intervalMs;
  }

  /**
   * Learn from a result how long the server works on a frame.
   *
   * @param {number} takenAt
   * @param {number} now
   */
  #learn(takenAt, now) {
    // It began with this frame when that came, or when it had finished the one before.
    const workMs = now - Math.max(takenAt, this.#answeredAt);
    this.#answeredAt = now;
    if (this.#warming) {
      this.#warming = false;
      this.#due = now;
    } else {
      this.#workMs = this.#workMs === 0 ? workMs : this.#workMs + SMOOTHING * (workMs - this.#workMs);
    }
  }

  get #intervalMs() {
    return this.#warming ? WARMING_INTERVAL_MS : 1000 / this.#fps;
  }

  get #early() {
    return Math.min(EARLY_MS, this.#intervalMs / 4);
  }

  /** @param {number} now */
  #rest(now) {
    this.#calmUntil = now + CALM_MS;
  }

  #climb() {
    const now = this.#now();
    if (this.#fps >= START_FPS || now < this.#calmUntil || now < this.#lastClimb + CLIMB_EVERY_MS) return;
    this.#lastClimb = now;
    this.#fps = Math.min(START_FPS, this.#fps + 1);
  }
}
