/**
 * @typedef {import("./pacing.js").Pacing} Pacing
 * @typedef {(callback: () => void) => void} OnNextPicture calls back once, when the camera has a new picture
 */

/** Takes pictures from the camera and sends them, as often as the pacing allows. */
export class FramePump {
  #onNextPicture;
  #encode;
  #socket;
  #pacing;
  #now;
  #isBusy = false;
  #running = 0;

  /**
   * @param {object} needs
   * @param {OnNextPicture} needs.onNextPicture
   * @param {() => Promise<Blob | null>} needs.encode
   * @param {{readonly isOpen: boolean, send: (blob: Blob) => boolean}} needs.socket
   * @param {Pacing} needs.pacing
   * @param {() => number} needs.now
   */
  constructor({ onNextPicture, encode, socket, pacing, now }) {
    this.#onNextPicture = onNextPicture;
    this.#encode = encode;
    this.#socket = socket;
    this.#pacing = pacing;
    this.#now = now;
  }

  start() {
    this.#running += 1;
    this.#waitForPicture(this.#running);
  }

  stop() {
    this.#running += 1;
  }

  /** @param {number} run which start this belongs to */
  #waitForPicture(run) {
    this.#onNextPicture(() => {
      if (run !== this.#running) return;
      this.#waitForPicture(run);
      void this.#sendPicture(run);
    });
  }

  /** @param {number} run */
  async #sendPicture(run) {
    if (this.#isBusy || !this.#socket.isOpen || !this.#pacing.mayStart()) return;
    this.#isBusy = true;
    const takenAt = this.#now();
    try {
      const blob = await this.#encode();
      // The stream may have been stopped, or have lost its connection, while the picture was encoded.
      if (blob && run === this.#running && this.#socket.send(blob)) this.#pacing.sent(takenAt);
    } finally {
      this.#isBusy = false;
    }
  }
}
