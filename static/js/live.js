import { CameraError } from "./camera.js";
import { Rate } from "./rate.js";

/**
 * @typedef {import("./state.js").LiveState} LiveState
 * @typedef {import("./state.js").Connection} Connection
 * @typedef {import("./errors.js").Failure} Failure
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./messages.js").ResultMessage} ResultMessage
 * @typedef {{start: () => Promise<boolean>, stop: () => void, readonly isOn: boolean}} CameraLike
 * @typedef {{start: () => void, stop: () => void, hurry: () => void, giveUp: () => void}} SocketLike
 * @typedef {{start: () => void, stop: () => void}} PumpLike
 */

/** A server that owes an answer for longer than this is said to keep the page waiting. */
export const WAITING_MS = 3000;
/** One that owes it for longer than this is taken for lost; the server itself ends a frame that takes half a minute. */
export const LOST_MS = 40_000;

/** Boxes that no answer has renewed for this long say nothing about the picture any more. */
export const FRESH_MS = 1000;

/** What may have happened only because nobody was looking, or because the network was away. */
const WORTH_ANOTHER_TRY = new Set(["connection_lost", "idle_timeout", "server_shutdown"]);

const NOTHING_SHOWN = Object.freeze({ frame: null, delayMs: null, fps: null });

/** The stream as a whole: what the buttons do, and what happens when camera and server speak. */
export class Live {
  #store;
  #camera;
  #socket;
  #pump;
  #pacing;
  #clock;
  #answers = new Rate();
  /** @type {unknown} */
  #freshTimer = null;

  /**
   * @param {object} needs
   * @param {import("./store.js").Store<LiveState>} needs.store
   * @param {CameraLike} needs.camera
   * @param {SocketLike} needs.socket
   * @param {PumpLike} needs.pump
   * @param {import("./pacing.js").Pacing} needs.pacing
   * @param {import("./socket.js").Clock} needs.clock
   */
  constructor({ store, camera, socket, pump, pacing, clock }) {
    this.#store = store;
    this.#camera = camera;
    this.#socket = socket;
    this.#pump = pump;
    this.#pacing = pacing;
    this.#clock = clock;
  }

  /** Switch the camera on, connect and stream. */
  async start() {
    if (this.#store.state.camera !== "off") return;
    this.#store.update({ camera: "starting", failure: null });
    try {
      if (!(await this.#camera.start())) return;
    } catch (error) {
      this.#cameraFailed(error);
      return;
    }
    this.#store.update({ camera: "on" });
    this.#pacing.reset();
    this.#socket.start();
    this.#pump.start();
  }

  /** Let go of the server and of the camera. */
  stop() {
    this.#pump.stop();
    this.#socket.stop();
    this.#camera.stop();
    this.#store.update({ camera: "off", failure: null, ...NOTHING_SHOWN });
  }

  /** Try again after a failure. */
  async retry() {
    this.#store.update({ failure: null });
    if (this.#camera.isOn) this.#socket.start();
    else await this.start();
  }

  /**
   * Run another pipeline; a camera that is on stays on.
   *
   * @param {string} pipelineId
   */
  choose(pipelineId) {
    this.#store.update({ pipelineId, failure: null, ...NOTHING_SHOWN });
    if (!this.#camera.isOn) return;
    this.#socket.stop();
    this.#pacing.reset();
    this.#socket.start();
  }

  /** The page can be seen, or the network is back: go on where the stream had stopped in the meantime. */
  wake() {
    if (!this.#camera.isOn) return;
    const { failure } = this.#store.state;
    if (failure && WORTH_ANOTHER_TRY.has(failure.code)) void this.retry();
    else this.#socket.hurry();
  }

  /** Called now and then: a server that goes silent is told of, and given up in the end. */
  watch() {
    const { silenceMs } = this.#pacing;
    this.#store.update({ isWaiting: silenceMs > WAITING_MS });
    if (silenceMs > LOST_MS) this.#socket.giveUp();
  }

  cameraEnded = () => {
    this.stop();
    this.#store.update({ failure: { code: "camera_lost", detail: "" } });
  };

  /** @param {Connection} connection */
  connectionChanged = (connection) => {
    this.#pacing.restart();
    this.#answers.clear();
    this.#store.update({ connection, isWarming: true, isWaiting: false, ...NOTHING_SHOWN });
  };

  /** @param {Failure} failure */
  failed = (failure) => {
    this.#store.update({ failure });
  };

  /** @param {Message} message */
  messageReceived = (message) => {
    if (message.kind === "result") this.#show(message);
    else if (message.kind === "dropped") this.#pacing.answered(message.frameIndex, true);
    else if (message.kind === "slow_down") this.#pacing.slowDown(message.suggestedFps);
  };

  /** @param {ResultMessage} result */
  #show({ frameIndex, detections }) {
    const delayMs = this.#pacing.answered(frameIndex, false);
    const fps = this.#answers.add(this.#clock.now());
    this.#clock.clearTimeout(this.#freshTimer);
    this.#freshTimer = this.#clock.setTimeout(() => this.#store.update(NOTHING_SHOWN), FRESH_MS);
    this.#store.update({ frame: { frameIndex, detections }, delayMs, fps, isWarming: false, isWaiting: false });
  }

  /** @param {unknown} error */
  #cameraFailed(error) {
    const known = error instanceof CameraError ? error : new CameraError("camera_failed", String(error));
    this.#store.update({ camera: "off", failure: { code: known.code, detail: known.detail } });
  }
}
