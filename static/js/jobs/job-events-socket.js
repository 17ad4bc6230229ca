import { ReconnectingSocket } from "../shared/reconnecting-socket.js";
import { readEvent } from "./job-events.js";

/**
 * @typedef {import("../shared/clock.js").Clock} Clock
 * @typedef {import("../shared/reconnecting-socket.js").SocketClass} SocketClass
 * @typedef {import("./job-events.js").JobEvent} JobEvent
 * @typedef {"connecting" | "connected" | "waiting" | "refused"} Connection
 */

/** Close codes after which a new attempt would be closed in the same way. */
export const FINAL_CLOSE_CODES = Object.freeze([4400, 4401, 4403, 4404]);

/** The server pings more often than this: a connection that is silent for longer is lost. */
export const SILENCE_MS = 70_000;

/** Receives the events of jobs, answers pings, and reconnects until it is stopped or refused. */
export class JobEventsSocket {
  #socket;
  #heard;

  /**
   * @param {object} needs
   * @param {SocketClass} needs.WebSocket
   * @param {() => string} needs.url asked at every attempt
   * @param {() => number} needs.random
   * @param {Clock} needs.clock
   * @param {(event: JobEvent) => void} needs.heard
   * @param {(connection: Connection) => void} needs.changed
   */
  constructor({ heard, changed, ...needs }) {
    this.#heard = heard;
    this.#socket = new ReconnectingSocket({
      ...needs,
      isFinal: (closeCode) => FINAL_CLOSE_CODES.includes(closeCode),
      silenceMs: SILENCE_MS,
      // A page that was left open finds a server that comes back after hours.
      retriesForever: true,
      events: {
        connecting: () => changed("connecting"),
        opened: () => changed("connected"),
        received: (data) => this.#received(data),
        retrying: () => changed("waiting"),
        ended: () => changed("refused"),
      },
    });
  }

  /** Connect; does nothing while connected or waiting for the next attempt. */
  start() {
    this.#socket.start();
  }

  /** Close the connection; nothing more is heard. */
  stop() {
    this.#socket.stop();
  }

  /** Make the next attempt now, where one is waited for. */
  hurry() {
    this.#socket.hurry();
  }

  /** @param {unknown} data */
  #received(data) {
    this.#socket.resetDelays();
    const event = readEvent(data);
    if (event?.type === "ping") this.#socket.send(JSON.stringify({ type: "pong" }));
    else if (event) this.#heard(event);
  }
}

/**
 * The address of the jobs' events on the server that the page came from.
 *
 * @param {string} address of the page
 * @param {string} path
 * @param {readonly string[]} jobIds none for all jobs
 */
export function eventsAddress(address, path, jobIds) {
  const url = new URL(path, address);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const id of jobIds) url.searchParams.append("job_id", id);
  return url.href;
}
