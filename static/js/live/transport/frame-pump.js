/**
 * @typedef {import("./pacing.js").Pacing} Pacing
 * @typedef {import("../capture/quality.js").Quality} Quality
 * @typedef {import("../capture/encoder.js").Plan} Plan
 * @typedef {import("../capture/encoder.js").Encoded} Encoded
 * @typedef {import("./sent-frames.js").SentFrame} SentFrame
 * @typedef {(callback: (takenAt?: number) => void) => void} OnNextPicture calls back once, when there is a new
 *   picture; with the time at which the camera took it, where the browser knows
 */

/** A screen on which nothing moves gives no new pictures; its last one is sent again this often. */
export const REPEAT_MS = 1000;
/** A picture that says it is older than this has its time from another clock. */
const OLDEST_MS = 1000;

/** Takes pictures from the source and sends them, as often as the pacing allows. */
export class FramePump {
  #onNextPicture;
  #encode;
  #socket;
  #pacing;
  #quality;
  #now;
  #sent;
  #isBusy = false;
  #isRunning = false;
  #run = 0;
  #pictureAt = -Infinity;

  /**
   * @param {object} needs
   * @param {OnNextPicture} needs.onNextPicture
   * @param {(plan: Plan) => Promise<Encoded | null>} needs.encode
   * @param {{readonly isOpen: boolean, readonly bufferedAmount: number, send: (blob: Blob) => boolean}} needs.socket
   * @param {Pacing} needs.pacing
   * @param {Quality} needs.quality
   * @param {() => number} needs.now
   * @param {(frameIndex: number, frame: SentFrame) => void} needs.sent called for every frame that was sent
   */
  constructor({ onNextPicture, encode, socket, pacing, quality, now, sent }) {
    this.#onNextPicture = onNextPicture;
    this.#encode = encode;
    this.#socket = socket;
    this.#pacing = pacing;
    this.#quality = quality;
    this.#now = now;
    this.#sent = sent;
  }

  /** The time since the last new picture; 0 while it is not running. */
  get stillMs() {
    return this.#isRunning ? this.#now() - this.#pictureAt : 0;
  }

  /** Take pictures from now on; where it does already, ask for the next one anew. */
  start() {
    this.#isRunning = true;
    this.#run += 1;
    this.#pictureAt = this.#now();
    this.#waitForPicture(this.#run);
  }

  stop() {
    this.#isRunning = false;
    this.#run += 1;
  }

  /** Called now and then for a source whose pictures may stand still: the last one is sent again. */
  repeat() {
    if (this.stillMs >= REPEAT_MS) void this.#sendPicture(this.#run, this.#now());
  }

  /** @param {number} run which start this belongs to */
  #waitForPicture(run) {
    this.#onNextPicture((takenAt) => {
      if (run !== this.#run) return;
      this.#pictureAt = this.#now();
      this.#waitForPicture(run);
      void this.#sendPicture(run, this.#believed(takenAt));
    });
  }

  /**
   * @param {number} run
   * @param {number} takenAt
   */
  async #sendPicture(run, takenAt) {
    if (!this.#socket.isOpen) return;
    this.#quality.observe(this.#socket.bufferedAmount);
    if (this.#isBusy || !this.#pacing.mayStart()) return;
    this.#isBusy = true;
    try {
      const encoded = await this.#encode(this.#quality.plan);
      // The stream may have been stopped, or have lost its connection, while the picture was encoded.
      if (!encoded || run !== this.#run || !this.#socket.send(encoded.jpeg)) return;
      this.#sent(this.#pacing.sent(takenAt), { ...encoded, takenAt });
    } finally {
      this.#isBusy = false;
    }
  }

  /** @param {number | undefined} takenAt */
  #believed(takenAt) {
    const now = this.#now();
    return takenAt !== undefined && takenAt <= now && takenAt > now - OLDEST_MS ? takenAt : now;
  }
}
