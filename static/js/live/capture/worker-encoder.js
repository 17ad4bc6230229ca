/**
 * @typedef {import("./encoder-worker.js").Answer} Answer
 * @typedef {import("../../shared/clock.js").Clock} Clock
 * @typedef {ImageBitmap | VideoFrame} Grabbed a picture that can be handed to a worker; whoever has it closes it
 * @typedef {Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror" | "onmessageerror">} WorkerLike
 */

/** A worker that does not answer for this long is stuck. */
export const JOB_TIMEOUT_MS = 3000;
/**
 * After so many pictures another worker takes over. A worker of so little memory is hardly ever tidied up, and until
 * then the browser keeps every JPEG that was made in it.
 */
export const MOST_JOBS = 500;

/** Makes JPEGs in a worker, one at a time; the page only hands pictures over. */
export class WorkerEncoder {
  #createWorker;
  #grab;
  #clock;
  /** @type {WorkerLike | null} */
  #worker = null;
  #isReady = false;
  #lastId = 0;
  /** Pictures that this worker has made. */
  #made = 0;
  /** @type {{id: number, done: (jpeg: Blob | null) => void} | null} */
  #job = null;

  /**
   * @param {object} needs
   * @param {() => WorkerLike} needs.createWorker may throw where the browser has none
   * @param {(video: HTMLVideoElement) => Promise<Grabbed>} needs.grab
   * @param {Clock} needs.clock
   */
  constructor({ createWorker, grab, clock }) {
    this.#createWorker = createWorker;
    this.#grab = grab;
    this.#clock = clock;
  }

  /** It has started and can draw. */
  get isReady() {
    return this.#isReady;
  }

  /** Start the worker; `isReady` says when, and whether, it is there. */
  start() {
    if (this.#worker) return;
    try {
      this.#worker = this.#createWorker();
    } catch {
      return;
    }
    this.#worker.onmessage = ({ data }) => this.#received(data);
    this.#worker.onerror = this.#worker.onmessageerror = () => this.stop();
  }

  stop() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    this.#finish(null);
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {{width: number, height: number, quality: number}} wanted
   * @returns {Promise<Blob | null>} null where none can be made; throws where the picture cannot be handed over
   */
  async encode(video, wanted) {
    const picture = await this.#grab(video);
    if (!this.#worker || this.#job) {
      picture.close();
      return null;
    }
    const id = (this.#lastId += 1);
    const done = new Promise((/** @type {(jpeg: Blob | null) => void} */ resolve) => {
      this.#job = { id, done: resolve };
    });
    const timer = this.#clock.setTimeout(() => this.stop(), JOB_TIMEOUT_MS);
    this.#hand({ id, picture, ...wanted }, picture);
    return done.finally(() => this.#clock.clearTimeout(timer));
  }

  /**
   * @param {object} message
   * @param {Grabbed} picture
   */
  #hand(message, picture) {
    try {
      this.#worker?.postMessage(message, [picture]);
    } catch {
      picture.close();
      this.stop();
    }
  }

  /** @param {Answer} answer */
  #received(answer) {
    if ("ready" in answer) this.#isReady = answer.ready;
    if (!("id" in answer) || answer.id !== this.#job?.id) return;
    this.#finish(answer.jpeg);
    this.#made += 1;
    if (this.#made >= MOST_JOBS) this.#replace();
  }

  #replace() {
    this.#made = 0;
    this.stop();
    this.start();
  }

  /** @param {Blob | null} jpeg */
  #finish(jpeg) {
    this.#job?.done(jpeg);
    this.#job = null;
  }
}

/**
 * Grab the video's current picture with as little copying as possible: a `VideoFrame` refers to the decoded picture,
 * and the worker converts and scales it. Only browsers whose frames know how they are turned may do so; a bitmap is
 * upright everywhere.
 *
 * @param {HTMLVideoElement} video
 * @returns {Promise<Grabbed>}
 */
export async function grabPicture(video) {
  if (typeof VideoFrame === "function" && "rotation" in VideoFrame.prototype) return new VideoFrame(video);
  return createImageBitmap(video);
}
