import { record, text } from "./job.js";

/** A request that was refused, in the server's words. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   */
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

export const UNREACHABLE = "The server cannot be reached. Check that it is running, then try again.";
const UNREADABLE = "The server gave an answer that cannot be read.";

/** Client of the jobs' HTTP API. Every method throws a Refusal. */
export class JobsApi {
  #fetch;
  #csrfToken;

  /**
   * @param {object} needs
   * @param {(path: string, options: RequestInit) => Promise<Response>} needs.fetch
   * @param {string} needs.csrfToken
   */
  constructor({ fetch, csrfToken }) {
    this.#fetch = fetch;
    this.#csrfToken = csrfToken;
  }

  /** @param {string} jobId */
  async get(jobId) {
    return record(await this.#json(await this.#ask(`/jobs/${jobId}`)));
  }

  /** @param {string} jobId */
  async cancel(jobId) {
    await this.#ask(`/jobs/${jobId}/cancel`, "POST");
  }

  /** @param {string} jobId */
  async retry(jobId) {
    await this.#ask(`/jobs/${jobId}/retry`, "POST");
  }

  /** @param {string} jobId */
  async remove(jobId) {
    await this.#ask(`/jobs/${jobId}`, "DELETE");
  }

  /** @param {string} jobId */
  async annotate(jobId) {
    await this.#ask(`/jobs/${jobId}/annotated`, "POST");
  }

  /**
   * The results of these frames as far as there are any, one line of JSON each.
   *
   * @param {string} jobId
   * @param {number} first
   * @param {number} last
   */
  async lines(jobId, first, last) {
    const query = new URLSearchParams({
      format: "jsonl", partial: "1", first_frame: String(first), last_frame: String(last),
    });
    const answer = await (await this.#ask(`/video/results/${jobId}?${query}`)).text();
    return answer.split("\n").filter((line) => line !== "");
  }

  /**
   * @param {string} path
   * @param {string} method
   */
  async #ask(path, method = "GET") {
    /** @type {Record<string, string>} */
    const headers = method === "GET" ? {} : { "X-CSRFToken": this.#csrfToken };
    const answer = await this.#fetch(path, { method, headers }).catch(() => {
      throw new Refusal("unreachable", UNREACHABLE);
    });
    if (!answer.ok) throw refusalOf(answer.status, await answer.text().catch(() => ""));
    return answer;
  }

  /** @param {Response} answer */
  async #json(answer) {
    return answer.json().catch(() => {
      throw new Refusal("unreadable", UNREADABLE);
    });
  }
}

/**
 * Read the reason from the response to a refused request.
 *
 * @param {number} status
 * @param {string} body
 */
export function refusalOf(status, body) {
  const said = parsed(body);
  const detail = text(said["detail"]);
  return new Refusal(text(said["error"]) || String(status), detail ? sentence(detail) : `${UNREADABLE} (${status})`);
}

/** @param {string} body */
export function parsed(body) {
  try {
    return record(JSON.parse(body));
  } catch {
    return {};
  }
}

/** @param {string} detail */
function sentence(detail) {
  return /[.!?…]$/.test(detail) ? detail : `${detail}.`;
}
