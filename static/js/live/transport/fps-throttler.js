/** The rate at which a stream starts, and the highest it climbs to unless chosen otherwise. */
export const START_FPS = 15;
/** One step down ends here at the lowest; a further step may go lower. */
export const STEP_FLOOR_FPS = 5;
/** No step goes lower than this. */
export const LOWEST_FPS = 1;
/** After trouble the rate rests for this long, then climbs by one frame a second at a time. */
export const CALM_MS = 2000;
export const CLIMB_EVERY_MS = 750;
/** The rest is longer where climbing itself brings the trouble back. */
export const LONGEST_CALM_MS = 4000;
const SOON_AGAIN_MS = 10_000;
/** While the server says that it is pressed, the rate does not climb. */
export const PRESSED_MS = 500;
/** Pictures come on a grid of their own; one that is this little early is taken rather than the next one. */
const EARLY_MS = 8;

/** A rate of frames that obeys `slow_down` and climbs back. Times are milliseconds of `now`. */
export class FPSThrottler {
  #now;
  #maxFps = START_FPS;
  #fps = START_FPS;
  #due = -Infinity;
  #calmMs = CALM_MS;
  #calmUntil = -Infinity;
  #lastClimb = -Infinity;
  #slowedAt = -Infinity;

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
  }

  /** The rate aimed at now. */
  get fps() {
    return this.#fps;
  }

  get maxFps() {
    return this.#maxFps;
  }

  get intervalMs() {
    return 1000 / this.#fps;
  }

  /** Below its highest rate, it either rests after trouble or climbs. */
  get isResting() {
    return this.#now() < this.#calmUntil;
  }

  /**
   * Another highest rate; a stream that was not slowed down takes it at once.
   *
   * @param {number} maxFps
   */
  configure(maxFps) {
    const wasFree = this.#fps === this.#maxFps;
    this.#maxFps = Math.max(LOWEST_FPS, maxFps);
    this.#fps = wasFree ? this.#maxFps : Math.min(this.#fps, this.#maxFps);
  }

  /** A new stream begins, which has learnt nothing yet. */
  reset() {
    this.#fps = this.#maxFps;
    this.#calmMs = CALM_MS;
    this.#calmUntil = this.#lastClimb = this.#slowedAt = -Infinity;
    this.restart();
  }

  /** The next frame may go at once. */
  restart() {
    this.#due = -Infinity;
  }

  /**
   * True when the next frame may be sent.
   *
   * @param {number} intervalMs
   */
  isDue(intervalMs = this.intervalMs) {
    return this.#now() + Math.min(EARLY_MS, intervalMs / 4) >= this.#due;
  }

  /**
   * A frame was sent.
   *
   * @param {number} intervalMs until the next one
   */
  sent(intervalMs = this.intervalMs) {
    const now = this.#now();
    // Counting from when it was due keeps the average; a stream that fell behind does not catch up in a burst.
    const due = Number.isFinite(this.#due) ? this.#due : now;
    this.#due = Math.max(due + intervalMs, now + intervalMs / 2);
  }

  /**
   * The server asks for fewer frames: go to what it suggests, or to half.
   *
   * @param {number | null} suggestedFps
   */
  slowDown(suggestedFps) {
    const now = this.#now();
    const floor = this.#fps > STEP_FLOOR_FPS ? STEP_FLOOR_FPS : LOWEST_FPS;
    const wanted = suggestedFps !== null && suggestedFps > 0 ? suggestedFps : this.#fps / 2;
    this.#fps = Math.min(this.#fps, Math.max(floor, wanted));
    this.#calmMs = now - this.#slowedAt < SOON_AGAIN_MS ? LONGEST_CALM_MS : CALM_MS;
    this.#slowedAt = now;
    this.rest(this.#calmMs);
  }

  /**
   * Something went wrong, or is about to: do not climb for a while.
   *
   * @param {number} forMs
   */
  rest(forMs = this.#calmMs) {
    this.#calmUntil = Math.max(this.#calmUntil, this.#now() + forMs);
  }

  /** Called often: goes up by a step where it is time to. */
  climb() {
    const now = this.#now();
    if (this.#fps >= this.#maxFps || this.isResting || now < this.#lastClimb + CLIMB_EVERY_MS) return;
    this.#lastClimb = now;
    this.#fps = Math.min(this.#maxFps, this.#fps + 1);
  }
}
