import { clamp } from "../../shared/geometry.js";

/**
 * @typedef {import("../state.js").LiveState} LiveState
 * @typedef {import("../live.js").PictureLike} PictureLike
 * @typedef {import("../live.js").SocketLike} SocketLike
 * @typedef {import("../live.js").PumpLike} PumpLike
 */

/** A server that owes an answer for longer than this is said to keep the page waiting. */
export const WAITING_MS = 3000;
/** While a pipeline loads, one that says nothing for this long is taken for lost. */
export const LOST_MS = 40_000;
/** Once it has answered, it is taken for lost after many times what a frame takes, within these. */
export const SHORTEST_LOST_MS = 15_000;
const LOST_FRAMES = 20;
/** After a sleep a connection has this long to prove that there is still somebody at its other end. */
export const PROOF_MS = 5000;
/** A picture that stands still for this long is told of. */
export const STILL_MS = 3000;
/** Time that passed unnoticed for this long was spent asleep. */
export const SLEPT_MS = 5000;

/** Failures that a hidden page or a lost network may have caused. */
const WORTH_ANOTHER_TRY = new Set(["connection_lost", "idle_timeout", "server_shutdown"]);

/** Looks after a stream that runs: a silent server, a picture that stands still, a sleep of the whole computer. */
export class Watchdog {
  #store;
  #picture;
  #socket;
  #pump;
  #pacing;
  #clock;
  #wallClock;
  #isHidden;
  #retry;
  /** The time of a wake-up after which the server has not been heard. @type {number | null} */
  #wokeAt = null;
  /** The time of the last wake-up. */
  #awokeAt = -Infinity;
  /** @type {number | null} */
  #lookedAt = null;

  /**
   * @param {object} needs
   * @param {import("../store.js").Store<LiveState>} needs.store
   * @param {PictureLike} needs.picture
   * @param {SocketLike} needs.socket
   * @param {PumpLike} needs.pump
   * @param {import("../transport/pacing.js").Pacing} needs.pacing
   * @param {import("../../shared/clock.js").Clock} needs.clock
   * @param {() => number} needs.wallClock milliseconds that pass in a sleep, too
   * @param {() => boolean} needs.isHidden nobody can see the page
   * @param {() => void} needs.retry
   */
  constructor({ store, picture, socket, pump, pacing, clock, wallClock, isHidden, retry }) {
    this.#store = store;
    this.#picture = picture;
    this.#socket = socket;
    this.#pump = pump;
    this.#pacing = pacing;
    this.#clock = clock;
    this.#wallClock = wallClock;
    this.#isHidden = isHidden;
    this.#retry = retry;
  }

  /** The server said something: whatever was doubted, it is there. */
  heard() {
    this.#wokeAt = null;
  }

  /** The page can be seen, or the network is back: go on where the stream had stopped in the meantime. */
  wake() {
    if (!this.#picture.isOn) return;
    void this.#picture.keepPlaying();
    this.#pump.start();
    const { failure } = this.#store.state;
    if (failure && WORTH_ANOTHER_TRY.has(failure.code)) this.#retry();
    else this.#socket.hurry();
    this.#wokeAt = this.#awokeAt = this.#clock.now();
  }

  /** Called twice a second or so. */
  watch() {
    this.#noticeSleep();
    this.#goOnAfterSleep();
    this.#watchServer();
    this.#watchPicture();
  }

  #noticeSleep() {
    const now = this.#wallClock();
    const sleptMs = this.#lookedAt === null ? 0 : now - this.#lookedAt;
    this.#lookedAt = now;
    // While the page is hidden browsers call back seldom: that is no sleep, and nothing could be seen anyway.
    if (sleptMs > SLEPT_MS && !this.#isHidden()) this.wake();
  }

  /** A failure during sleep may be reported only after it: retry once. */
  #goOnAfterSleep() {
    const { failure } = this.#store.state;
    if (!failure || !WORTH_ANOTHER_TRY.has(failure.code)) return;
    if (this.#clock.now() - this.#awokeAt > PROOF_MS) return;
    this.#awokeAt = -Infinity;
    this.#retry();
  }

  #watchServer() {
    const { silenceMs } = this.#pacing;
    this.#store.update({ isWaiting: silenceMs > WAITING_MS });
    const since = this.#wokeAt === null ? Infinity : this.#clock.now() - this.#wokeAt;
    if (Math.min(silenceMs, since) > this.#patienceMs) this.#socket.giveUp();
  }

  /** The longest silence of the server, in milliseconds. */
  get #patienceMs() {
    const { isWarming, workMs } = this.#pacing;
    if (isWarming) return LOST_MS;
    return clamp(workMs * LOST_FRAMES, this.#wokeAt === null ? SHORTEST_LOST_MS : PROOF_MS, LOST_MS);
  }

  #watchPicture() {
    const { source } = this.#picture;
    if (!source) return;
    // What moves on a screen is seen in other windows, which may well cover this one.
    if (source.kind === "screen") this.#pump.repeat();
    else if (!this.#isHidden()) void this.#picture.keepPlaying();
    const before = this.#store.state.picture;
    const picture = this.#seen(source.kind);
    this.#store.update({ picture });
    const cameBack = before !== "moving" && picture === "moving";
    if (cameBack && this.#store.state.failure?.code === "idle_timeout") this.#retry();
  }

  /** @param {import("./stream-source.js").SourceKind} kind */
  #seen(kind) {
    if (this.#picture.isPaused) return "paused";
    // Nothing need move on a screen, and a page that nobody sees is shown no pictures.
    const mayStandStill = kind === "screen" || this.#isHidden();
    return !mayStandStill && this.#pump.stillMs > STILL_MS ? "still" : "moving";
  }
}
