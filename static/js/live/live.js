import { Answers, NOTHING_SHOWN } from "./transport/answers.js";
import { whyOf } from "./transport/send-status.js";
import { Opener } from "./capture/opener.js";
import { Watchdog } from "./capture/watchdog.js";

/**
 * @typedef {import("./state.js").LiveState} LiveState
 * @typedef {import("./state.js").Connection} Connection
 * @typedef {import("./panels/errors.js").Failure} Failure
 * @typedef {import("./transport/messages.js").Message} Message
 * @typedef {import("./capture/stream-source.js").Choice} Choice
 * @typedef {import("./capture/stream-source.js").Source} Source
 * @typedef {import("./capture/stream-source.js").SourceKind} SourceKind
 * @typedef {import("./capture/devices.js").Device} Device
 * @typedef {import("../shared/geometry.js").Size} Size
 * @typedef {import("./transport/send-status.js").SendStatus} SendStatus
 * @typedef {{start: (choice: Choice) => Promise<boolean>, stop: () => void, keepPlaying: () => Promise<void>,
 *            readonly isOn: boolean, readonly isPaused: boolean, readonly source: Source | null}} PictureLike
 * @typedef {{start: () => void, stop: () => void, hurry: () => void, giveUp: () => void,
 *            readonly bufferedAmount: number}} SocketLike
 * @typedef {{start: () => void, stop: () => void, repeat: () => void, readonly stillMs: number}} PumpLike
 * @typedef {{maxFps?: number, quality?: number, size?: Size}} Settings
 */

const NO_SOURCE = Object.freeze({ sourceName: "", facing: "", deviceId: "", isSwitching: false, picture: "moving" });

/** The stream as a whole: what the buttons do, and what happens when source and server speak. */
export class Live {
  #store;
  #picture;
  #devices;
  #socket;
  #pump;
  #pacing;
  #quality;
  #encoder;
  #stats;
  #isHidden;
  #answers;
  #watchdog;
  #opener;
  #lostWhileHidden = false;
  #goesOn = false;

  /**
   * @param {object} needs
   * @param {import("./store.js").Store<LiveState>} needs.store
   * @param {PictureLike} needs.picture
   * @param {{refresh: () => Promise<void>}} needs.devices
   * @param {SocketLike} needs.socket
   * @param {PumpLike} needs.pump
   * @param {import("./transport/pacing.js").Pacing} needs.pacing
   * @param {import("./capture/quality.js").Quality} needs.quality
   * @param {{readonly place: string}} needs.encoder
   * @param {import("./transport/answers.js").Stats} needs.stats
   * @param {import("../shared/clock.js").Clock} needs.clock
   * @param {() => number} needs.wallClock milliseconds that pass in a sleep, too
   * @param {() => boolean} needs.isHidden nobody can see the page
   */
  constructor(needs) {
    this.#store = needs.store;
    this.#picture = needs.picture;
    this.#devices = needs.devices;
    this.#socket = needs.socket;
    this.#pump = needs.pump;
    this.#pacing = needs.pacing;
    this.#quality = needs.quality;
    this.#encoder = needs.encoder;
    this.#stats = needs.stats;
    this.#isHidden = needs.isHidden;
    this.#answers = new Answers(needs);
    this.#watchdog = new Watchdog({ ...needs, retry: () => void this.retry() });
    this.#opener = new Opener({
      ...needs,
      opened: (wasOn) => this.#sourceOpened(wasOn),
      missing: (failure) => this.#sourceMissing(failure),
    });
  }

  /** Open the chosen source, connect and stream. */
  async start() {
    if (this.#store.state.camera === "off") await this.#open(this.#opener.choice);
  }

  /** Close the connection and release the source. */
  stop() {
    this.#opener.forget();
    this.#lostWhileHidden = false;
    this.#pump.stop();
    this.#socket.stop();
    this.#picture.stop();
    const source = this.#opener.choice.kind;
    this.#store.update({ camera: "off", source, failure: null, ...NO_SOURCE, ...NOTHING_SHOWN });
  }

  /** Try again after a failure. */
  async retry() {
    const { missed } = this.#opener;
    this.#store.update({ failure: null });
    if (missed) await this.#open(missed);
    else if (this.#picture.isOn) this.#socket.start();
    else await this.start();
  }

  /**
   * Choose where pictures come from. A stream that runs goes on with it, in the same session; otherwise the next
   * start takes it.
   *
   * @param {SourceKind} kind
   * @param {Omit<Choice, "kind">} choice
   */
  async useSource(kind, choice = {}) {
    const wanted = { ...choice, kind };
    if (this.#store.state.camera !== "off") {
      await this.#open(wanted);
      return;
    }
    this.#opener.choose(wanted);
    this.#store.update({ source: kind, failure: null });
  }

  /** The camera on the other side; where cameras do not say which way they look, the next one. */
  async flip() {
    const { devices, deviceId, facing } = this.#store.state;
    if (facing !== "" || devices.length < 2) {
      await this.useSource("camera", { facing: facing === "user" ? "environment" : "user" });
      return;
    }
    const next = devices[(devices.findIndex(({ id }) => id === deviceId) + 1) % devices.length];
    await this.useSource("camera", { deviceId: next?.id ?? "" });
  }

  /**
   * Run another pipeline; a source that is on stays on.
   *
   * @param {string} pipelineId
   */
  choose(pipelineId) {
    this.#store.update({ pipelineId, failure: null, ...NOTHING_SHOWN });
    if (!this.#picture.isOn) return;
    this.#socket.stop();
    this.#pacing.reset();
    this.#socket.start();
  }

  /**
   * Set the limits of rate, size and quality; those left out stay as they are.
   *
   * @param {Settings} settings
   */
  configure({ maxFps, ...pictures }) {
    if (maxFps !== undefined) this.#pacing.throttler.configure(maxFps);
    this.#quality.configure(pictures);
  }

  /** The page can be seen, or the network is back: go on where the stream had stopped in the meantime. */
  wake() {
    if (this.#lostWhileHidden) void this.retry();
    else this.#watchdog.wake();
  }

  /** Called twice a second or so: looks after what nobody tells of. */
  watch() {
    this.#watchdog.watch();
  }

  /** The page is left, perhaps to be shown again. */
  suspend() {
    const { camera, source } = this.#store.state;
    // A screen is shared only after a user gesture.
    this.#goesOn = camera !== "off" && source !== "screen";
    this.stop();
  }

  /** The page is shown again, as it was left. */
  resume() {
    if (this.#goesOn) void this.start();
    this.#goesOn = false;
  }

  /** @returns {SendStatus} */
  sendStatus() {
    const { camera, connection, isWaiting } = this.#store.state;
    const { throttler, isWarming, workMs, unanswered } = this.#pacing;
    const { fps, maxFps, isResting } = throttler;
    const { quality, limit } = this.#quality.plan;
    const isConnected = connection.name === "connected";
    const rate = { fps, maxFps, isResting, workMs, tripMs: this.#quality.tripMs };
    const facts = { isOn: camera === "on", isConnected, isWarming, isWaiting, ...rate, quality, limit };
    return {
      targetFps: fps,
      unanswered,
      ...(this.#answers.newest?.size ?? { width: 0, height: 0 }),
      quality,
      bufferedAmount: this.#socket.bufferedAmount,
      backpressure: this.#answers.pressure,
      encodedIn: this.#encoder.place,
      why: whyOf({ ...facts, level: this.#quality.level }),
    };
  }

  /**
   * The source went away by itself.
   *
   * @param {SourceKind} kind
   */
  sourceEnded = (kind) => {
    const isHidden = this.#isHidden();
    this.stop();
    // A screen is ended in the browser's own bar: the user wanted that.
    if (kind === "screen") return;
    this.#lostWhileHidden = kind === "camera" && isHidden;
    this.#store.update({ failure: { code: kind === "camera" ? "camera_lost" : "file_lost", detail: "" } });
  };

  /** @param {readonly Device[]} devices */
  devicesChanged = (devices) => {
    this.#store.update({ devices });
  };

  /** @param {Connection} connection */
  connectionChanged = (connection) => {
    this.#pacing.restart();
    this.#quality.restart();
    this.#answers.restart();
    this.#watchdog.heard();
    this.#stats.connectionChanged(connection.name);
    this.#store.update({ connection, isWarming: true, isWaiting: false });
  };

  /** @param {Failure} failure */
  failed = (failure) => {
    this.#store.update({ failure });
  };

  /** @param {Message} message */
  messageReceived = (message) => {
    this.#watchdog.heard();
    this.#answers.received(message);
  };

  /**
   * @param {number} frameIndex
   * @param {import("./transport/sent-frames.js").SentFrame} frame
   */
  frameSent = (frameIndex, frame) => this.#answers.frameSent(frameIndex, frame);

  /** @param {Choice} choice */
  async #open(choice) {
    this.#lostWhileHidden = false;
    await this.#opener.open(choice);
  }

  /** @param {boolean} wasOn another source is shown in the same stream */
  #sourceOpened(wasOn) {
    if (wasOn) {
      this.#answers.forgetPictures();
    } else {
      this.#pacing.reset();
      this.#quality.reset();
    }
    this.#socket.start();
    this.#pump.start();
    void this.#devices.refresh();
  }

  /** @param {Failure | null} failure null where the user cancelled */
  #sourceMissing(failure) {
    this.stop();
    this.#store.update({ failure });
  }
}
