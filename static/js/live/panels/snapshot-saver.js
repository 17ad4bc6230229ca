import { download, fileName } from "../../shared/download.js";
import { layersOf } from "../options.js";

/**
 * @typedef {import("../state.js").Frame} Frame
 * @typedef {import("../options.js").Options} Options
 * @typedef {typeof import("../overlay/snapshot.js").snapshot} Snapshot
 * @typedef {import("../../shared/clock.js").Clock} Clock
 */

/** Saves the frame that is shown: its picture with its boxes, or what the server said about it. */
export class SnapshotSaver {
  #needs;

  /**
   * @param {object} needs
   * @param {Snapshot} needs.snapshot
   * @param {() => import("../../shared/geometry.js").Size} needs.canvas the overlay's, in its own pixels
   * @param {Pick<Clock, "now" | "setTimeout">} needs.clock of the frames' times
   * @param {() => number} needs.wallClock milliseconds
   * @param {() => HTMLAnchorElement} needs.createLink
   * @param {{createObjectURL: (blob: Blob) => string, revokeObjectURL: (url: string) => void}} needs.urls
   */
  constructor(needs) {
    this.#needs = needs;
  }

  /**
   * @param {"png" | "json"} ending
   * @param {Frame} frame
   * @param {Options} options
   * @param {string} pipeline
   */
  async save(ending, frame, { hide, score }, pipeline) {
    const { snapshot, canvas, clock, wallClock } = this.#needs;
    const time = new Date(wallClock() - (clock.now() - frame.takenAt));
    const options = { pipeline, layers: layersOf({ hide }), minScore: score, time, canvas: canvas() };
    const { png, json } = await snapshot({ frame, options });
    const file = ending === "png" ? png : new Blob([json], { type: "application/json" });
    download(file, fileName({ pipelineId: pipeline, frameIndex: frame.frameIndex, when: time, ending }), this.#needs);
  }
}
