import { number, record, text } from "./job.js";

/**
 * Parses the events of the realtime socket and applies them to a job.
 *
 * @typedef {import("./job.js").JobData} JobData
 * @typedef {{type: string, jobId: string, payload: Record<string, unknown>}} JobEvent
 */

/**
 * @param {unknown} data the text of one WebSocket message
 * @returns {JobEvent | null} null for what is none
 */
export function readEvent(data) {
  try {
    const message = record(JSON.parse(text(data)));
    const payload = record(message["payload"]);
    return message["type"] ? { type: text(message["type"]), jobId: text(payload["job_id"]), payload } : null;
  } catch {
    return null;
  }
}

/**
 * A job after the event.
 *
 * @param {JobData | null} job as it was known; null where it was not
 * @param {JobEvent} event
 * @returns {JobData | null} null where there is no such job, or nothing is known of it yet
 */
export function afterEvent(job, { type, payload }) {
  if (type === "snapshot") return record(payload["job"]);
  if (type === "deleted" || job === null) return null;
  const { job_id: _, ...fields } = payload;
  switch (type) {
    case "progress":
    case "plugin_status":
      return { ...job, ...fields };
    case "metadata":
      return { ...job, ...record(fields["facts"]) };
    case "partial_result":
      return { ...job, next_frame: Math.max(number(job["next_frame"], 1), number(fields["last_frame"]) + 1) };
    case "warning":
      return { ...job, warnings: [...lines(job["warnings"]), ...lines(fields["warnings"])], warnings_count: fields["warnings_count"] };
    default:
      return job;
  }
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function lines(value) {
  return Array.isArray(value) ? value : [];
}
