import { element } from "../shared/elements.js";

/** The dialog that asks whether a video is to be deleted. */
export class Confirmation {
  #dialog = element("confirm", HTMLDialogElement);
  #name = element("confirm-name", HTMLElement);

  /**
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  ask(name) {
    this.#name.textContent = name;
    this.#dialog.returnValue = "keep";
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue === "delete"), { once: true });
    });
  }
}
