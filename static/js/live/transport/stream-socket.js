import { ReconnectingSocket } from "../../shared/reconnecting-socket.js";
import { readMessage } from "./messages.js";

/**
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./messages.js").ErrorMessage} ErrorMessage
 * @typedef {import("../../shared/clock.js").Clock} Clock
 * @typedef {import("../../shared/reconnecting-socket.js").SocketClass} SocketClass
 * @typedef {{name: "disconnected"} | {name: "connecting"} | {name: "connected"} |
 *           {name: "reconnecting", retryAt: number}} Connection
 *   `retryAt` is a time of the clock.
 * @typedef {{code: string, detail: string}} Failure
 * @typedef {{connectionChanged: (connection: Connection) => void,
 *            messageReceived: (message: Message) => void,
 *            failed: (failure: Failure) => void}} StreamEvents
 */

/** Close codes after which a new attempt would be closed in the same way. */
export const FINAL_CLOSE_CODES = Object.freeze(
  new Map([
    [4400, "invalid_message"],
    [4401, "login_required"],
    [4403, "forbidden"],
    [4404, "invalid_pipeline"],
    [4408, "idle_timeout"],
    [4410, "session_expired"],
    [4411, "session_ended"],
    [4413, "frame_too_large"],
    [4415, "invalid_frame"],
    [4429, "too_many_sessions"],
    [4500, "pipeline_failure"],
    [1009, "frame_too_large"],
  ]),
);

/** One session of a stream; it reconnects after a loss until it is stopped or has failed. */
export class StreamSocket {
  #socket;
  #events;
  /** @type {ErrorMessage | null} the last one of this connection */
  #lastError = null;

  /**
   * @param {object} needs
   * @param {() => string} needs.url asked at every attempt
   * @param {SocketClass} needs.WebSocket
   * @param {Clock} needs.clock
   * @param {() => number} needs.random
   * @param {StreamEvents} needs.events
   */
  constructor({ events, ...needs }) {
    const { clock } = needs;
    this.#events = events;
    this.#socket = new ReconnectingSocket({
      ...needs,
      isFinal: (closeCode) => FINAL_CLOSE_CODES.has(closeCode),
      // A stream whose frames stay unanswered is noticed by the watchdog.
      silenceMs: null,
      retriesForever: false,
      events: {
        connecting: () => this.#connecting(),
        opened: () => events.connectionChanged({ name: "connected" }),
        received: (data) => this.#received(data),
        retrying: (delayMs) => events.connectionChanged({ name: "reconnecting", retryAt: clock.now() + delayMs }),
        ended: (closeCode) => this.#ended(closeCode),
      },
    });
  }

  get isOpen() {
    return this.#socket.isOpen;
  }

  /** Bytes given to the socket that have not left yet. */
  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }

  /** Connect; does nothing while connected or waiting for the next attempt. */
  start() {
    this.#socket.start();
  }

  /** Leave the session; nothing more is heard of it. */
  stop() {
    this.#socket.stop();
    this.#events.connectionChanged({ name: "disconnected" });
  }

  /** Make the next attempt now, where one is waited for. */
  hurry() {
    this.#socket.hurry();
  }

  /** Abandon a connection that does not answer, and reconnect. */
  giveUp() {
    this.#socket.giveUp();
  }

  /**
   * @param {Blob} blob one JPEG frame
   * @returns {boolean} false where no session is open
   */
  send(blob) {
    return this.#socket.send(blob);
  }

  #connecting() {
    this.#lastError = null;
    this.#events.connectionChanged({ name: "connecting" });
  }

  /** @param {unknown} data */
  #received(data) {
    const message = readMessage(data);
    if (message.kind === "error") {
      this.#lastError = message;
      return;
    }
    // An open connection proves little: only a result shows that the server works again.
    if (message.kind === "result") this.#socket.resetDelays();
    this.#events.messageReceived(message);
  }

  /** @param {number | null} closeCode null after the last attempt */
  #ended(closeCode) {
    const code = (closeCode !== null && FINAL_CLOSE_CODES.get(closeCode)) || "connection_lost";
    const { code: serverCode, detail } = this.#lastError ?? { code, detail: "" };
    this.#events.connectionChanged({ name: "disconnected" });
    this.#events.failed({ code: serverCode, detail });
  }
}
