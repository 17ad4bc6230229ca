import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("./stream-source.js").SourceKind} Source
 * @typedef {import("./stream-source.js").Facing} Facing
 * @typedef {import("./devices.js").Device} Device
 * @typedef {object} SourceElements
 * @property {Readonly<Record<Source, HTMLButtonElement>>} buttons
 * @property {Readonly<Record<Source, HTMLElement>>} details what else there is to choose, by source
 * @property {HTMLSelectElement} devices
 * @property {HTMLElement} fileName
 * @property {HTMLElement} startWords on the button that starts the stream
 * @property {HTMLElement} title of the stage while it is empty
 * @property {HTMLElement} hint below it
 * @property {HTMLButtonElement} flip
 * @typedef {object} SourceState
 * @property {Source} source that is chosen
 * @property {string} fileName empty where none is chosen yet
 * @property {readonly Device[]} devices
 * @property {string} deviceId the one in use
 * @property {Facing} facing of the one in use
 * @property {"off" | "starting" | "on"} camera
 */

/** The label of Start and the texts of the empty stage. */
const WORDS = Object.freeze({
  camera: { start: "Start", title: "Point the camera at something", hint: "A page, a sign, a plate, a street." },
  file: { start: "Play", title: "Play a video of your own", hint: "It stays on this device; only frames of it are sent." },
  screen: { start: "Share", title: "Show a screen or a window", hint: "You choose which one, and end it at any time." },
});
const PROMISE = "Frames are analysed in memory and never stored.";

/** Selects the source: a camera, a video file or the screen. */
export class SourcePicker {
  #elements;
  #createOption;
  /** @type {readonly Device[] | null} */
  #listed = null;

  /**
   * @param {SourceElements} elements
   * @param {() => HTMLOptionElement} createOption
   */
  constructor(elements, createOption) {
    this.#elements = elements;
    this.#createOption = createOption;
  }

  /**
   * @param {{sourceChosen: (source: Source) => void, deviceChosen: (deviceId: string) => void}} events
   * @param {AbortSignal} signal
   */
  onChange({ sourceChosen, deviceChosen }, signal) {
    const { buttons, devices } = this.#elements;
    for (const [source, button] of entries(buttons)) {
      button.addEventListener("click", () => sourceChosen(source), { signal });
    }
    devices.addEventListener("change", () => deviceChosen(devices.value), { signal });
  }

  /** @param {SourceState} state */
  render(state) {
    const { buttons, details, fileName, startWords, title, hint, flip } = this.#elements;
    for (const [source, button] of entries(buttons)) {
      button.setAttribute("aria-pressed", String(source === state.source));
    }
    for (const [source, detail] of entries(details)) detail.hidden = source !== state.source;
    const words = WORDS[state.source];
    setText(startWords, words.start);
    setText(title, words.title);
    setText(hint, `${words.hint} ${PROMISE}`);
    setText(fileName, state.fileName || "No video chosen");
    flip.hidden = !canFlip(state);
    this.#renderDevices(state);
  }

  /** @param {SourceState} state */
  #renderDevices({ devices, deviceId }) {
    const select = this.#elements.devices;
    if (devices !== this.#listed) {
      this.#listed = devices;
      const known = devices.length > 0 ? devices : [{ id: "", label: "The browser’s choice" }];
      select.replaceChildren(...known.map((device) => this.#option(device)));
    }
    select.disabled = devices.length < 2;
    if (deviceId && select.value !== deviceId) select.value = deviceId;
  }

  /** @param {Device} device */
  #option({ id, label }) {
    const option = this.#createOption();
    option.value = id;
    option.textContent = label;
    return option;
  }
}

/**
 * True where there are a front and a back camera to switch between.
 *
 * @param {Pick<SourceState, "source" | "devices" | "facing" | "camera">} state
 */
export function canFlip({ source, devices, facing, camera }) {
  return source === "camera" && camera === "on" && facing !== "" && devices.length > 1;
}

/**
 * @template Value
 * @param {Readonly<Record<Source, Value>>} record
 */
function entries(record) {
  return /** @type {[Source, Value][]} */ (Object.entries(record));
}
