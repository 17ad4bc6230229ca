import { DELAYS_MS, delayBefore } from "../backoff.js";
import { readNews } from "./news.js";

/**
 * @typedef {import("../socket.js").Clock} Clock
 * @typedef {import("../socket.js").SocketClass} SocketClass
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
  #url;
  #WebSocket;
  #clock;
  #random;
  #heard;
  #changed;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {unknown} */
  #timer = null;
  #attempt = 0;

  /**
   * @param {object} needs
   * @param {() => string} needs.url asked at every try
   * @param {SocketClass} needs.WebSocket
   * @param {Clock} needs.clock
   * @param {() => number} needs.random
   * @param {(news: News) => void} needs.heard
   * @param {(connection: Connection) => void} needs.changed
   */
  constructor({ url, WebSocket, clock, random, heard, changed }) {
    this.#url = url;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#heard = heard;
    this.#changed = changed;
  }

  /** Connect; does nothing where that is under way. */
  start() {
    if (this.#socket || this.#timer !== null) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Leave; nothing more is heard. */
  stop() {
    this.#clearTimer();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(CLOSED_BY_PAGE);
  }

  /** Where a new try is being waited for, make it now. */
  hurry() {
    if (this.#socket || this.#timer === null) return;
    this.#clearTimer();
    this.#connect();
  }

  #connect() {
    this.#changed("connecting");
    const socket = new this.#WebSocket(this.#url());
    this.#socket = socket;
    socket.onopen = () => this.#changed("connected");
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#expectNews();
  }

  /** @param {unknown} data */
  #received(data) {
    this.#attempt = 0;
    this.#expectNews();
    const news = readNews(data);
    if (news?.type === "ping") this.#socket?.send(JSON.stringify({ type: "pong" }));
    else if (news) this.#heard(news);
  }

  #expectNews() {
    this.#clearTimer();
    this.#timer = this.#clock.setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #lost() {
    this.stop();
    this.#comeBack();
  }

  /** @param {number} code */
  #closed(code) {
    this.#clearTimer();
    this.#socket = null;
    if (FINAL_CLOSE_CODES.includes(code)) this.#changed("refused");
    else this.#comeBack();
  }

  #comeBack() {
    // The last delay stays: a page that was left open finds a server that comes back after hours.
    const delay = delayBefore(Math.min(this.#attempt, DELAYS_MS.length - 1), this.#random);
    this.#attempt += 1;
    this.#changed("waiting");
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#connect();
    }, delay ?? 0);
  }

  #clearTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
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
