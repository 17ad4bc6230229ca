import { partsOf, setProgress } from "../dom.js";
import { fileSize } from "../words.js";
import { percent } from "../../shared/format.js";
import { setText } from "../../shared/set-text.js";

/** @typedef {import("./uploads.js").Sending} Sending */

/** A file that was sent leaves the list: it is in the list of jobs now. */
const GONE = Object.freeze(["sent"]);

/** The files on their way. */
export class SendingList {
  #list;
  #createRow;
  #announce;
  #cancel;
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();

  /**
   * @param {object} needs
   * @param {HTMLElement} needs.list
   * @param {() => HTMLElement} needs.createRow
   * @param {(words: string) => void} needs.announce
   * @param {(id: number) => void} needs.cancel
   */
  constructor({ list, createRow, announce, cancel }) {
    this.#list = list;
    this.#createRow = createRow;
    this.#announce = announce;
    this.#cancel = cancel;
  }

  /** @param {Readonly<Sending>} sending */
  render(sending) {
    if (GONE.includes(sending.state)) this.#remove(sending.id);
    else this.#show(this.#rows.get(sending.id) ?? this.#add(sending), sending);
    if (sending.state === "sent") this.#announce(`${sending.name} was uploaded`);
    if (sending.state === "refused") this.#announce(`${sending.name} was refused: ${sending.detail}`);
    this.#list.hidden = this.#rows.size === 0;
  }

  /** @param {Readonly<Sending>} sending */
  #add(sending) {
    const row = this.#createRow();
    this.#list.append(row);
    this.#rows.set(sending.id, row);
    row.querySelector("button")?.addEventListener("click", () => {
      if (row.dataset["state"] === "refused" || row.dataset["state"] === "cancelled") this.#remove(sending.id);
      else this.#cancel(sending.id);
    });
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {Readonly<Sending>} sending
   */
  #show(row, sending) {
    const field = partsOf(row);
    const isOver = sending.state === "refused" || sending.state === "cancelled";
    row.dataset["state"] = sending.state;
    setText(field("name"), sending.name);
    setText(field("size"), fileSize(sending.bytes));
    setText(field("state"), wordsOf(sending));
    const bar = /** @type {HTMLProgressElement} */ (field("progress"));
    bar.hidden = isOver;
    setProgress(bar, sending.state === "checking" ? null : sending.sent);
    const button = row.querySelector("button");
    if (button?.firstChild) button.firstChild.nodeValue = isOver ? "Dismiss" : "Cancel";
    setText(field("of"), ` ${sending.name}`);
  }

  /** @param {number} id */
  #remove(id) {
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
    this.#list.hidden = this.#rows.size === 0;
  }
}

/** @param {Readonly<Sending>} sending */
export function wordsOf({ state, sent, detail }) {
  switch (state) {
    case "waiting":
      return "Waiting";
    case "sending":
      return `Uploading ${percent(sent)}`;
    case "checking":
      return "Being checked";
    case "cancelled":
      return "Cancelled";
    case "refused":
      return detail;
    default:
      return "Uploaded";
  }
}
