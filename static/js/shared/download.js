/** A browser may take a while to begin; the file is kept in memory for so long. */
const KEPT_MS = 10_000;

/**
 * Download a file through a temporary link.
 *
 * @param {Blob} blob
 * @param {string} name
 * @param {object} needs
 * @param {() => HTMLAnchorElement} needs.createLink
 * @param {{createObjectURL: (blob: Blob) => string, revokeObjectURL: (url: string) => void}} needs.urls
 * @param {Pick<import("./clock.js").Clock, "setTimeout">} needs.clock
 */
export function download(blob, name, { createLink, urls, clock }) {
  const link = createLink();
  const url = urls.createObjectURL(blob);
  link.href = url;
  link.download = name;
  link.click();
  clock.setTimeout(() => urls.revokeObjectURL(url), KEPT_MS);
}

/**
 * Build a file name from pipeline, time and frame that sorts by time.
 *
 * @param {{pipelineId: string, frameIndex: number, when: Date, ending: string}} facts
 */
export function fileName({ pipelineId, frameIndex, when, ending }) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join("-");
  const time = [when.getHours(), when.getMinutes(), when.getSeconds()].map(two).join("");
  const pipeline = pipelineId.replace(/[^\w-]+/g, "-");
  return `forgesyte-${pipeline}-${day}-${time}-frame-${frameIndex}.${ending}`;
}
