import { DELAYS_MS, delayBefore } from "../shared/backoff.js";
import { readNews } from "./news.js";

/**
 * @typedef {import("../live/transport/stream-socket.js").Clock} Clock
 * @typedef {import("../live/transport/stream-socket.js").SocketClass} SocketClass
 * @typedef {import("./news.js").News} News
 * @typedef {"connecting" | "connected" | "waiting" | "refused"} Connection
 */

/** Close codes after which a new try would meet the same end. */
export const FINAL_CLOSE_CODES = Object.freeze([4400, 4401, 4404]);

/** The server pings more often than this: where it is silent for longer, the connection is gone. */
export const SILENCE_MS = 70_000;

const CLOSED_BY_PAGE = 1000;

/** Hears the news of jobs, answers pings, and comes back for as long as it is not stopped. */
export class NewsSocket {
  #needs;
  #attempt = 0;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {unknown} what it waits for: news, or the next try */
  #wait = null;

  /**
   * @param {object} needs
   * @param {SocketClass} needs.WebSocket
   * @param {() => string} needs.url asked at every try
   * @param {() => number} needs.random
   * @param {Clock} needs.clock
   * @param {(news: News) => void} needs.heard
   * @param {(connection: Connection) => void} needs.changed
   */
  constructor(needs) {
    this.#needs = needs;
  }

  /** Connect; does nothing where that is under way. */
  start() {
    if (this.#socket || this.#wait !== null) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Leave; nothing more is heard. */
  stop() {
    this.#waitFor(null, 0);
    const left = this.#socket;
    this.#socket = null;
    if (!left) return;
    left.onopen = left.onmessage = left.onclose = null;
    left.close(CLOSED_BY_PAGE);
  }

  /** Do not wait for the next try. */
  hurry() {
    const isWaiting = this.#wait !== null && !this.#socket;
    if (isWaiting) this.#connect();
  }

  #connect() {
    const { WebSocket, url, changed } = this.#needs;
    changed("connecting");
    const socket = new WebSocket(url());
    this.#socket = socket;
    socket.onopen = () => changed("connected");
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code }) => this.#closed(code);
    this.#waitFor(() => this.#lost(), SILENCE_MS);
  }

  /** @param {unknown} data */
  #received(data) {
    this.#attempt = 0;
    this.#waitFor(() => this.#lost(), SILENCE_MS);
    const news = readNews(data);
    if (news?.type === "ping") this.#socket?.send(JSON.stringify({ type: "pong" }));
    else if (news) this.#needs.heard(news);
  }

  #lost() {
    this.stop();
    this.#comeBack();
  }

  /** @param {number} code */
  #closed(code) {
    this.#waitFor(null, 0);
    this.#socket = null;
    if (FINAL_CLOSE_CODES.includes(code)) this.#needs.changed("refused");
    else this.#comeBack();
  }

  #comeBack() {
    // The last delay stays: a page that was left open finds a server that comes back after hours.
    const delay = delayBefore(Math.min(this.#attempt, DELAYS_MS.length - 1), this.#needs.random);
    this.#attempt += 1;
    this.#needs.changed("waiting");
    this.#waitFor(() => this.#connect(), delay ?? 0);
  }

  /**
   * Wait for one thing at a time; null ends the waiting.
   *
   * @param {(() => void) | null} then
   * @param {number} delayMs
   */
  #waitFor(then, delayMs) {
    const { clock } = this.#needs;
    if (this.#wait !== null) clock.clearTimeout(this.#wait);
    this.#wait = then && clock.setTimeout(then, delayMs);
  }
}

/**
 * The address of the news on the server that the page came from.
 *
 * @param {string} address of the page
 * @param {string} path
 * @param {readonly string[]} jobIds none for all jobs
 */
export function newsAddress(address, path, jobIds) {
  const url = new URL(path, address);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const id of jobIds) url.searchParams.append("job_id", id);
  return url.href;
}
