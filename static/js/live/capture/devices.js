/** @typedef {{id: string, label: string}} Device */

/** The cameras that can be chosen; browsers name them only once a camera may be used. */
export class Devices {
  #mediaDevices;
  #changed;
  /** @type {readonly Device[]} */
  #known = Object.freeze([]);

  /**
   * @param {object} needs
   * @param {MediaDevices | undefined} needs.mediaDevices missing on a page that is not secure
   * @param {(devices: readonly Device[]) => void} needs.changed
   */
  constructor({ mediaDevices, changed }) {
    this.#mediaDevices = mediaDevices;
    this.#changed = changed;
  }

  /**
   * List them now, and again whenever one comes or goes.
   *
   * @param {AbortSignal} signal
   */
  watch(signal) {
    this.#mediaDevices?.addEventListener?.("devicechange", () => void this.refresh(), { signal });
    void this.refresh();
  }

  async refresh() {
    const found = await this.#listed();
    if (JSON.stringify(found) === JSON.stringify(this.#known)) return;
    this.#known = Object.freeze(found);
    this.#changed(this.#known);
  }

  /** @returns {Promise<Device[]>} */
  async #listed() {
    try {
      const all = (await this.#mediaDevices?.enumerateDevices?.()) ?? [];
      // Before the permission there is one entry without an id, which nobody could choose.
      const cameras = all.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "");
      return cameras.map(({ deviceId, label }, i) => ({ id: deviceId, label: label || `Camera ${i + 1}` }));
    } catch {
      return [];
    }
  }
}
