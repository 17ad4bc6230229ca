/** A list of what the server said about the frames; its panel is hidden while it has said nothing. */
export class WarningList {
  #panel;
  #list;
  #createElement;

  /**
   * @param {object} needs
   * @param {HTMLElement} needs.panel
   * @param {HTMLElement} needs.list
   * @param {(name: string) => HTMLElement} needs.createElement
   */
  constructor({ panel, list, createElement }) {
    this.#panel = panel;
    this.#list = list;
    this.#createElement = createElement;
  }

  /** @param {readonly string[]} warnings */
  render(warnings) {
    this.#panel.hidden = warnings.length === 0;
    this.#list.replaceChildren(...warnings.map((warning) => this.#item(warning)));
  }

  /** @param {string} warning */
  #item(warning) {
    const item = this.#createElement("li");
    item.textContent = warning;
    return item;
  }
}
