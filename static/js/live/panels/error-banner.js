import { explain } from "./errors.js";

/** @typedef {import("./errors.js").Failure} Failure */

/** Tells what went wrong; is there only as long as it is true. */
export class ErrorBanner {
  #elements;
  /** @type {Failure | null} */
  #shown = null;

  /** @param {{banner: HTMLElement, title: HTMLElement, advice: HTMLElement, detail: HTMLElement}} elements */
  constructor(elements) {
    this.#elements = elements;
  }

  /** @param {Failure | null} failure */
  render(failure) {
    if (failure === this.#shown) return;
    this.#shown = failure;
    const { banner, title, advice, detail } = this.#elements;
    banner.hidden = failure === null;
    if (failure === null) return;
    banner.dataset["code"] = failure.code;
    const words = explain(failure);
    title.textContent = words.title;
    advice.textContent = words.advice;
    detail.textContent = words.detail;
    detail.hidden = words.detail === "";
  }
}
