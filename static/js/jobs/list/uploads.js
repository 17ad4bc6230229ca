import { Refusal, UNREACHABLE, parsed, refusalOf } from "../jobs-api.js";
import { text } from "../job.js";

/**
 * @typedef {object} Choices how the files are analysed
 * @property {string} pipelineId
 * @property {string} frameStride empty for every frame
 * @property {string} maxFrames empty for all
 * @property {string} device
 * @typedef {object} Sending one file on its way
 * @property {number} id
 * @property {string} name
 * @property {number} bytes
 * @property {"waiting" | "sending" | "checking" | "sent" | "refused" | "cancelled"} state
 * @property {number} sent from 0 to 1
 * @property {string} detail why it was refused
 * @property {string} jobId empty until the server has taken it
 * @typedef {{file: File, choices: Choices, sending: Sending, request: XMLHttpRequest | null}} Item
 */

const OVER = Object.freeze(["sent", "refused", "cancelled"]);

/** Sends files one after the other, so that the first can be analysed while the next is uploaded. */
export class Uploads {
  #path;
  #csrfToken;
  #createRequest;
  #changed;
  /** @type {Item[]} */
  #items = [];
  #nextId = 1;

  /**
   * @param {object} needs
   * @param {string} needs.path
   * @param {string} needs.csrfToken
   * @param {() => XMLHttpRequest} needs.createRequest
   * @param {(sending: Readonly<Sending>) => void} needs.changed
   */
  constructor({ path, csrfToken, createRequest, changed }) {
    this.#path = path;
    this.#csrfToken = csrfToken;
    this.#createRequest = createRequest;
    this.#changed = changed;
  }

  /** True while leaving the page would lose an upload. */
  get isBusy() {
    return this.#items.some(({ sending }) => !OVER.includes(sending.state));
  }

  /**
   * @param {readonly File[]} files
   * @param {Choices} choices
   */
  add(files, choices) {
    for (const file of files) {
      const sending = {
        id: this.#nextId++, name: file.name, bytes: file.size, state: /** @type {Sending["state"]} */ ("waiting"),
        sent: 0, detail: "", jobId: "",
      };
      const item = { file, choices, sending, request: null };
      this.#items.push(item);
      this.#update(item, {});
    }
    this.#sendNext();
  }

  /** @param {number} id */
  cancel(id) {
    const item = this.#items.find(({ sending }) => sending.id === id);
    if (!item || OVER.includes(item.sending.state)) return;
    item.request?.abort();
    this.#update(item, { state: "cancelled" });
    this.#sendNext();
  }

  #sendNext() {
    this.#items = this.#items.filter(({ sending }) => !OVER.includes(sending.state));
    const [next] = this.#items;
    if (next && next.request === null) this.#send(next);
  }

  /** @param {Item} item */
  #send(item) {
    const request = this.#createRequest();
    item.request = request;
    request.open("POST", this.#path);
    request.setRequestHeader("X-CSRFToken", this.#csrfToken);
    request.upload.onprogress = ({ loaded, total }) => {
      this.#update(item, { state: loaded < total ? "sending" : "checking", sent: total ? loaded / total : 0 });
    };
    request.onload = () => this.#answered(item, request);
    request.onerror = () => this.#refused(item, new Refusal("unreachable", UNREACHABLE));
    this.#update(item, { state: "sending" });
    request.send(formOf(item.file, item.choices));
  }

  /**
   * @param {Item} item
   * @param {XMLHttpRequest} request
   */
  #answered(item, request) {
    const jobId = text(parsed(request.responseText)["job_id"]);
    if (request.status >= 300 || !jobId) {
      this.#refused(item, refusalOf(request.status, request.responseText));
      return;
    }
    this.#update(item, { state: "sent", sent: 1, jobId });
    this.#sendNext();
  }

  /**
   * @param {Item} item
   * @param {Refusal} refusal
   */
  #refused(item, refusal) {
    this.#update(item, { state: "refused", detail: refusal.message });
    this.#sendNext();
  }

  /**
   * @param {Item} item
   * @param {Partial<Sending>} patch
   */
  #update(item, patch) {
    item.sending = { ...item.sending, ...patch };
    this.#changed(item.sending);
  }
}

/**
 * @param {File} file
 * @param {Choices} choices
 */
export function formOf(file, { pipelineId, frameStride, maxFrames, device }) {
  const form = new FormData();
  const fields = { pipeline_id: pipelineId, frame_stride: frameStride, max_frames: maxFrames, device };
  // The choices first: a server that reads the body as it comes can refuse before it has all of the file.
  for (const [name, value] of Object.entries(fields)) if (value !== "") form.append(name, value);
  form.append("file", file, file.name);
  return form;
}
