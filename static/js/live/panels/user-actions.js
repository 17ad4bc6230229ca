import { turnedMirror } from "../options.js";

/**
 * @typedef {import("../options.js").Options} Options
 * @typedef {import("../options.js").Source} Source
 * @typedef {import("../state.js").LiveState} LiveState
 * @typedef {Pick<import("../live.js").Live, "start" | "stop" | "choose" | "useSource" | "flip">} LiveLike
 */

/** The actions of the page's buttons, fields and keys on the stream. */
export class UserActions {
  #live;
  #store;
  #options;
  #askForFile;
  /** @type {File | undefined} */
  #file;

  /**
   * @param {object} needs
   * @param {LiveLike} needs.live
   * @param {import("../store.js").Store<LiveState>} needs.store
   * @param {import("../store.js").Store<Options>} needs.options
   * @param {() => void} needs.askForFile
   */
  constructor({ live, store, options, askForFile }) {
    this.#live = live;
    this.#store = store;
    this.#options = options;
    this.#askForFile = askForFile;
  }

  /** Of the video that was chosen; empty where none was. */
  get fileName() {
    return this.#file?.name ?? "";
  }

  get #isOff() {
    return this.#store.state.camera === "off";
  }

  start() {
    if (this.#store.state.pipelineId === "") return;
    if (this.#store.state.source === "file" && !this.#file) this.#askForFile();
    else void this.#live.start();
  }

  startOrStop() {
    if (this.#isOff) this.start();
    else this.#live.stop();
  }

  /** @param {Source} source */
  useSource(source) {
    if (!this.#isOff && source === this.#store.state.source) return;
    const isFileMissing = source === "file" && !this.#file;
    // A stream that runs goes on until there is a file to change to.
    if (this.#isOff || !isFileMissing) void this.#live.useSource(source, this.#choiceFor(source));
    if (isFileMissing) this.#askForFile();
  }

  /**
   * Play a video as soon as it is chosen.
   *
   * @param {File | undefined} file
   */
  async useFile(file) {
    if (!file) return;
    this.#file = file;
    await this.#live.useSource("file", { file });
    if (this.#isOff) this.start();
  }

  /** @param {string} deviceId */
  async useDevice(deviceId) {
    await this.#live.useSource("camera", { deviceId });
    this.#options.update({ facing: this.#store.state.facing });
  }

  async flip() {
    await this.#live.flip();
    this.#options.update({ facing: this.#store.state.facing });
  }

  /** @param {string} pipeline */
  choose(pipeline) {
    this.#options.update({ pipeline });
    this.#live.choose(pipeline);
  }

  turnMirror() {
    this.#options.update({ mirror: turnedMirror(this.#options.state.mirror, this.#store.state.facing) });
  }

  turnMode() {
    this.#options.update({ mode: this.#options.state.mode === "exact" ? "live" : "exact" });
  }

  /** @param {Source} source */
  #choiceFor(source) {
    if (source === "camera") return { facing: this.#options.state.facing };
    return source === "file" && this.#file ? { file: this.#file } : {};
  }
}
