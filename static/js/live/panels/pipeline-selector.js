/** The choice of a pipeline: the selector, the words below it, and the address of the page. */
export class PipelineSelector {
  #select;
  #description;

  /** @param {{select: HTMLSelectElement, description: HTMLElement}} elements */
  constructor({ select, description }) {
    this.#select = select;
    this.#description = description;
  }

  get pipelineId() {
    return this.#select.value;
  }

  /**
   * @param {(pipelineId: string) => void} chosen
   * @param {AbortSignal} signal
   */
  onChange(chosen, signal) {
    this.#select.addEventListener("change", () => {
      this.#describe();
      chosen(this.pipelineId);
    }, { signal });
  }

  #describe() {
    const option = this.#select.selectedOptions[0];
    this.#description.textContent = option?.dataset["description"] ?? "";
  }
}

/**
 * The address of the stream on the server that the page came from.
 *
 * @param {string} address of the page
 * @param {string} path
 * @param {string} pipelineId
 */
export function streamAddress(address, path, pipelineId) {
  const url = new URL(path, address);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("pipeline_id", pipelineId);
  return url.href;
}
