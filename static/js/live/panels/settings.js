import { percent } from "../../shared/format.js";
import { readOptions } from "../options.js";
import { setText } from "../../shared/set-text.js";

/**
 * @typedef {import("../options.js").Options} Options
 * @typedef {import("../options.js").Layer} Layer
 * @typedef {HTMLInputElement | HTMLSelectElement} Field
 * @typedef {Pick<Options, "mirror" | "mode" | "hide" | "score" | "size" | "quality" | "fps">} Chosen
 * @typedef {object} Words what is chosen, in words
 * @property {HTMLElement} score
 * @property {HTMLElement} quality
 * @property {HTMLElement} view beside the heading of the view, so that it need not be opened
 * @property {HTMLElement} picture beside the heading of the picture
 */

/** The name of the boxes to tick, one for each layer. */
const LAYER = "layer";

/** The form of display and capture settings; its fields bear the names of the options. */
export class Settings {
  #fields;
  #words;

  /**
   * @param {object} needs
   * @param {readonly Field[]} needs.fields radio buttons, boxes to tick, sliders and lists
   * @param {Words} needs.words
   */
  constructor({ fields, words }) {
    this.#fields = fields;
    this.#words = words;
  }

  /**
   * @param {(chosen: Chosen) => void} changed
   * @param {AbortSignal} signal
   */
  onChange(changed, signal) {
    for (const field of this.#fields) field.addEventListener("input", () => changed(this.#read()), { signal });
  }

  /** @param {Options} options */
  render(options) {
    for (const field of this.#fields) show(field, options);
    const { score, quality, view, picture } = this.#words;
    setText(score, percent(options.score));
    setText(quality, percent(options.quality));
    setText(view, viewInWords(options));
    setText(picture, `${sizeInWords(options.size)}, ${options.fps} fps`);
  }

  /** @returns {Chosen} */
  #read() {
    const query = new URLSearchParams();
    const hidden = this.#fields.filter((field) => field.name === LAYER && !isChecked(field));
    query.set("hide", hidden.map((field) => field.value).join(","));
    for (const field of this.#fields) {
      if (field.name !== LAYER && (field.type !== "radio" || isChecked(field))) query.set(field.name, field.value);
    }
    const { mirror, mode, hide, score, size, quality, fps } = readOptions(query.toString());
    return { mirror, mode, hide, score, size, quality, fps };
  }
}

/** @param {string} size such as 640x480 */
export function sizeInWords(size) {
  return size.replace("x", " × ");
}

/** @param {Pick<Options, "mode" | "hide" | "score">} options */
export function viewInWords({ mode, hide, score }) {
  const words = [mode === "exact" ? "Exact" : "Live"];
  if (hide.length > 0) words.push(`${hide.length} hidden`);
  if (score > 0) words.push(`from ${percent(score)}`);
  return words.join(", ");
}

/**
 * @param {Field} field
 * @param {Options} options
 */
function show(field, options) {
  const chosen = String(/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (options))[field.name]);
  if (field.name === LAYER) setChecked(field, !options.hide.includes(/** @type {Layer} */ (field.value)));
  else if (field.type === "radio") setChecked(field, field.value === chosen);
  else if (field.value !== chosen) field.value = chosen;
}

/** @param {Field} field */
function isChecked(field) {
  return "checked" in field && field.checked;
}

/**
 * @param {Field} field
 * @param {boolean} checked
 */
function setChecked(field, checked) {
  if ("checked" in field) field.checked = checked;
}
