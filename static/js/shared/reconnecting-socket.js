import { DELAYS_MS, delayBefore } from "./backoff.js";

/**
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {new (url: string) => WebSocket} SocketClass
 * @typedef {object} SocketEvents
 * @property {() => void} connecting
 * @property {() => void} opened
 * @property {(data: unknown) => void} received
 * @property {(delayMs: number) => void} retrying the connection was lost; the next attempt follows after the delay
 * @property {(closeCode: number | null) => void} ended no attempt follows: a final close code, or null after the last one
 */

/** A handshake that takes longer is abandoned: a network that vanished says nothing for minutes. */
export const CONNECT_TIMEOUT_MS = 10_000;

const CLOSED_BY_PAGE = 1000;
const OPEN = 1;

/** A WebSocket that reconnects with growing delays until it is stopped or the server refuses it. */
export class ReconnectingSocket {
  #needs;
  #attempt = 0;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {unknown} the one timer: of the handshake, of silence, or of the next attempt */
  #timer = null;

  /**
   * @param {object} needs
   * @param {() => string} needs.url asked at every attempt
   * @param {SocketClass} needs.WebSocket
   * @param {Clock} needs.clock
   * @param {() => number} needs.random from 0 to 1
   * @param {(closeCode: number) => boolean} needs.isFinal whether a new attempt would be closed in the same way
   * @param {number | null} needs.silenceMs an open connection that is silent for longer is lost; null: it may be silent
   * @param {boolean} needs.retriesForever with the longest delay, instead of ending after the last one
   * @param {SocketEvents} needs.events
   */
  constructor(needs) {
    this.#needs = needs;
  }

  get isOpen() {
    return this.#socket?.readyState === OPEN;
  }

  /** Bytes given to the socket that have not left yet. */
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connect; does nothing while connected or waiting for the next attempt. */
  start() {
    if (this.#socket || this.#timer !== null) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Close the connection; no event follows. */
  stop() {
    this.#setTimer(null, 0);
    this.#close();
  }

  /** Make the next attempt now, where one is waited for. */
  hurry() {
    if (!this.#socket && this.#timer !== null) this.#connect();
  }

  /** Abandon a connection that does not answer, and reconnect. */
  giveUp() {
    if (!this.#socket) return;
    this.#close();
    this.#retry();
  }

  /** The server works: the next delays start from the shortest again. */
  resetDelays() {
    this.#attempt = 0;
  }

  /**
   * @param {string | Blob} data
   * @returns {boolean} false where no connection is open
   */
  send(data) {
    if (!this.#socket || !this.isOpen) return false;
    this.#socket.send(data);
    return true;
  }

  #connect() {
    const { WebSocket, url, events } = this.#needs;
    events.connecting();
    const socket = new WebSocket(url());
    this.#socket = socket;
    socket.onopen = () => {
      this.#expectData();
      events.opened();
    };
    socket.onmessage = ({ data }) => {
      this.#expectData();
      events.received(data);
    };
    socket.onclose = ({ code }) => this.#closed(code);
    this.#setTimer(() => this.giveUp(), CONNECT_TIMEOUT_MS);
  }

  #expectData() {
    const { silenceMs } = this.#needs;
    this.#setTimer(silenceMs === null ? null : () => this.giveUp(), silenceMs ?? 0);
  }

  /** @param {number} closeCode */
  #closed(closeCode) {
    this.#setTimer(null, 0);
    this.#socket = null;
    if (this.#needs.isFinal(closeCode)) this.#needs.events.ended(closeCode);
    else this.#retry();
  }

  #retry() {
    const { retriesForever, random, events } = this.#needs;
    const attempt = retriesForever ? Math.min(this.#attempt, DELAYS_MS.length - 1) : this.#attempt;
    const delayMs = delayBefore(attempt, random);
    if (delayMs === null) {
      this.#setTimer(null, 0);
      events.ended(null);
      return;
    }
    this.#attempt += 1;
    this.#setTimer(() => this.#connect(), delayMs);
    events.retrying(delayMs);
  }

  #close() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(CLOSED_BY_PAGE);
  }

  /**
   * Set the one timer, or clear it.
   *
   * @param {(() => void) | null} callback null clears it
   * @param {number} delayMs
   */
  #setTimer(callback, delayMs) {
    const { clock } = this.#needs;
    if (this.#timer !== null) clock.clearTimeout(this.#timer);
    this.#timer = callback && clock.setTimeout(callback, delayMs);
  }
}
