import { SourceError } from "./stream-source.js";

/**
 * @typedef {import("../state.js").LiveState} LiveState
 * @typedef {import("../panels/errors.js").Failure} Failure
 * @typedef {import("./stream-source.js").Choice} Choice
 */

/** A source that could not be switched to is told of for this long, while the one before goes on. */
export const TOLD_MS = 10_000;

/** Opens the chosen source and keeps the state up to date; the last choice wins. */
export class Opener {
  #store;
  #picture;
  #clock;
  #opened;
  #missing;
  /** @type {Choice} */
  #choice = { kind: "camera" };
  /** @type {Choice | null} */
  #missed = null;
  /** The number of the current attempt; an older one is discarded. */
  #attempt = 0;

  /**
   * @param {object} needs
   * @param {import("../store.js").Store<LiveState>} needs.store
   * @param {import("../live.js").PictureLike} needs.picture
   * @param {import("../../shared/clock.js").Clock} needs.clock
   * @param {(wasOn: boolean) => void} needs.opened called when a source is shown that was not before
   * @param {(failure: Failure | null) => void} needs.missing called when none is shown after all; without a failure
   *   the user cancelled
   */
  constructor({ store, picture, clock, opened, missing }) {
    this.#store = store;
    this.#picture = picture;
    this.#clock = clock;
    this.#opened = opened;
    this.#missing = missing;
  }

  /** The source that was opened last, or chosen for the next time. */
  get choice() {
    return this.#choice;
  }

  /** The choice that could not be opened while another source goes on. */
  get missed() {
    return this.#missed;
  }

  /** @param {Choice} choice for the next time */
  choose(choice) {
    this.#choice = choice;
  }

  /** Discard the source that is being opened. */
  forget() {
    this.#attempt += 1;
    this.#missed = null;
  }

  /** @param {Choice} wanted */
  async open(wanted) {
    this.forget();
    const attempt = this.#attempt;
    const isSwitching = this.#picture.isOn;
    const { failure: before } = this.#store.state;
    const camera = isSwitching ? "on" : "starting";
    this.#store.update({ camera, source: wanted.kind, isSwitching, failure: null });
    const { isOpen, failure } = await this.#tried(wanted);
    if (attempt !== this.#attempt) return;
    if (isOpen) {
      this.#choice = wanted;
      this.#describe(null);
      this.#opened(isSwitching);
    } else if (this.#picture.isOn) {
      this.#stays(wanted, failure, before);
    } else {
      this.#missing(failure);
    }
  }

  /**
   * @param {Choice} wanted
   * @returns {Promise<{isOpen: boolean, failure: Failure | null}>}
   */
  async #tried(wanted) {
    try {
      return { isOpen: await this.#picture.start(wanted), failure: null };
    } catch (error) {
      const known = error instanceof SourceError ? error : new SourceError("camera_failed", String(error));
      return { isOpen: false, failure: { code: known.code, detail: known.detail } };
    }
  }

  /**
   * Go on with the source that was shown before.
   *
   * @param {Choice} wanted
   * @param {Failure | null} failure null where the user cancelled
   * @param {Failure | null} before what was told before
   */
  #stays(wanted, failure, before) {
    this.#describe(failure ?? before);
    if (!failure) return;
    this.#missed = wanted;
    this.#clock.setTimeout(() => {
      if (this.#store.state.failure === failure) this.#store.update({ failure: null });
    }, TOLD_MS);
  }

  /** @param {Failure | null} failure */
  #describe(failure) {
    const { source } = this.#picture;
    if (!source) return;
    const { kind, name, facing, deviceId } = source;
    const fields = { source: kind, sourceName: name, facing, deviceId, isSwitching: false };
    this.#store.update({ camera: "on", failure, picture: "moving", ...fields });
  }
}
