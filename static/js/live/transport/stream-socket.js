import { delayBefore } from "../../shared/backoff.js";
import { readMessage } from "./messages.js";

/**
 * @typedef {import("./messages.js").Message} Message
 * @typedef {import("./messages.js").ErrorMessage} ErrorMessage
 * @typedef {{setTimeout: (callback: () => void, delayMs: number) => unknown,
 *            clearTimeout: (timer: any) => void, now: () => number}} Clock
 * @typedef {{name: "disconnected"} | {name: "connecting"} | {name: "connected"} |
 *           {name: "reconnecting", retryAt: number}} Connection
 *   `retryAt` is a time of the clock.
 * @typedef {{code: string, detail: string}} Failure
 * @typedef {new (url: string) => WebSocket} SocketClass
 * @typedef {{connectionChanged: (connection: Connection) => void,
 *            messageReceived: (message: Message) => void,
 *            failed: (failure: Failure) => void}} SocketEvents
 */

/** Close codes after which a new try would meet the same end. */
export const FINAL_CLOSE_CODES = Object.freeze(
  new Map([
    [4400, "invalid_message"],
    [4401, "login_required"],
    [4404, "invalid_pipeline"],
    [4408, "idle_timeout"],
    [4410, "session_expired"],
    [4413, "frame_too_large"],
    [4415, "invalid_frame"],
    [4429, "too_many_sessions"],
    [4500, "pipeline_failure"],
    [1009, "frame_too_large"],
  ]),
);

/** A handshake that takes longer is given up: a network that vanished says nothing for minutes. */
export const CONNECT_TIMEOUT_MS = 10_000;

const CLOSED_BY_PAGE = 1000;
const OPEN = 1;

/** One session with the server that comes back by itself after a loss, until it is stopped or has failed. */
export class StreamSocket {
  #url;
  #WebSocket;
  #clock;
  #random;
  #events;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ErrorMessage | null} */
  #lastError = null;
  /** @type {unknown} */
  #timer = null;
  #attempt = 0;

  /**
   * @param {object} needs
   * @param {() => string} needs.url asked at every try
   * @param {SocketClass} needs.WebSocket
   * @param {Clock} needs.clock
   * @param {() => number} needs.random
   * @param {SocketEvents} needs.events
   */
  constructor({ url, WebSocket, clock, random, events }) {
    this.#url = url;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  get isOpen() {
    return this.#socket?.readyState === OPEN;
  }

  /** Bytes that were sent and have not left yet. */
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connect; does nothing where a session is under way. */
  start() {
    if (this.#socket || this.#timer !== null) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Leave the session; nothing more is heard of it. */
  stop() {
    this.#clearTimer();
    this.#letGo();
    this.#events.connectionChanged({ name: "disconnected" });
  }

  /** Where a new try is being waited for, make it now. */
  hurry() {
    if (this.#socket || this.#timer === null) return;
    this.#clearTimer();
    this.#connect();
  }

  /** Give up a connection that stays silent, and come back. */
  giveUp() {
    if (!this.#socket) return;
    this.#clearTimer();
    this.#letGo();
    this.#comeBack();
  }

  /**
   * @param {Blob} blob one JPEG frame
   * @returns {boolean} false where no session is open
   */
  send(blob) {
    if (!this.#socket || !this.isOpen) return false;
    this.#socket.send(blob);
    return true;
  }

  #connect() {
    this.#lastError = null;
    this.#events.connectionChanged({ name: "connecting" });
    const socket = new this.#WebSocket(this.#url());
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#timer = this.#clock.setTimeout(() => this.giveUp(), CONNECT_TIMEOUT_MS);
  }

  #opened() {
    this.#clearTimer();
    this.#events.connectionChanged({ name: "connected" });
  }

  /** @param {unknown} data */
  #received(data) {
    const message = readMessage(data);
    if (message.kind === "error") {
      this.#lastError = message;
      return;
    }
    // An open connection proves little: only a result shows that the server works again.
    if (message.kind === "result") this.#attempt = 0;
    this.#events.messageReceived(message);
  }

  /** @param {number} closeCode */
  #closed(closeCode) {
    this.#clearTimer();
    this.#socket = null;
    const code = FINAL_CLOSE_CODES.get(closeCode);
    if (code === undefined) this.#comeBack();
    else this.#fail({ code, detail: "", ...this.#wordsOfServer() });
  }

  #comeBack() {
    const delay = delayBefore(this.#attempt, this.#random);
    if (delay === null) {
      this.#fail({ code: "connection_lost", detail: "", ...this.#wordsOfServer() });
      return;
    }
    this.#attempt += 1;
    this.#timer = this.#clock.setTimeout(() => this.hurry(), delay);
    this.#events.connectionChanged({ name: "reconnecting", retryAt: this.#clock.now() + delay });
  }

  /** @param {Failure} failure */
  #fail(failure) {
    this.#events.connectionChanged({ name: "disconnected" });
    this.#events.failed(failure);
  }

  #wordsOfServer() {
    return this.#lastError ? { code: this.#lastError.code, detail: this.#lastError.detail } : {};
  }

  #letGo() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(CLOSED_BY_PAGE);
  }

  #clearTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
