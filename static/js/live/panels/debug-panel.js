import { milliseconds, percent } from "../../shared/format.js";
import { setText } from "../../shared/set-text.js";
import { roundTop, sparkline } from "./sparkline.js";

/**
 * @typedef {import("../transport/stream-stats.js").Report} Report
 * @typedef {import("../transport/send-status.js").SendStatus} SendStatus
 * @typedef {{report: Report, sendStatus: SendStatus}} Facts
 * @typedef {{row: HTMLElement, name: HTMLElement, bar: SVGElement, value: HTMLElement}} StageRow
 * @typedef {object} DebugElements
 * @property {Readonly<Record<string, HTMLElement>>} figures by the names that figuresOf gives
 * @property {SVGElement} line a path within a drawing of LINE_SIZE
 * @property {HTMLElement} stages
 */

/** The drawing that the line of latencies lies in. */
export const LINE_SIZE = Object.freeze({ width: 240, height: 40 });
/** Latencies below this look alike: all of them are instant. */
const LEAST_TOP_MS = 100;
const NONE = "–";

/** The statistics of the stream. Stages keep their rows, so that nothing jumps. */
export class DebugPanel {
  #elements;
  #createStage;
  /** @type {Map<string, StageRow>} */
  #rows = new Map();

  /**
   * @param {DebugElements} elements
   * @param {() => StageRow} createStage
   */
  constructor(elements, createStage) {
    this.#elements = elements;
    this.#createStage = createStage;
  }

  /** @param {Facts} facts */
  render({ report, sendStatus }) {
    const { figures, line } = this.#elements;
    const top = roundTop(report.latency.history, LEAST_TOP_MS);
    for (const [name, text] of Object.entries({ ...figuresOf({ report, sendStatus }), top: milliseconds(top) })) {
      const figure = figures[name];
      if (figure) setText(figure, text);
    }
    line.setAttribute("d", sparkline(report.latency.history, LINE_SIZE, top));
    this.#renderStages(report.stages);
  }

  /** @param {Readonly<Record<string, number>>} stages */
  #renderStages(stages) {
    const { total = 0, ...parts } = stages;
    const whole = Math.max(total, ...Object.values(parts), Number.MIN_VALUE);
    for (const [name, { row }] of this.#rows) if (!(name in parts)) this.#remove(name, row);
    for (const [name, ms] of Object.entries(parts)) {
      const { bar, value } = this.#rows.get(name) ?? this.#add(name);
      bar.setAttribute("width", `${Math.round((ms / whole) * 1000) / 10}%`);
      setText(value, stageTime(ms));
    }
  }

  /** @param {string} name */
  #add(name) {
    const stage = this.#createStage();
    stage.name.textContent = name;
    this.#rows.set(name, stage);
    this.#elements.stages.append(stage.row);
    return stage;
  }

  /**
   * @param {string} name
   * @param {HTMLElement} row
   */
  #remove(name, row) {
    row.remove();
    this.#rows.delete(name);
  }
}

/**
 * The report for somebody who investigates a slow or broken stream, as JSON.
 *
 * @param {object} facts
 * @param {string} facts.address
 * @param {string} facts.browser
 * @param {import("../state.js").LiveState} facts.state
 * @param {Report} facts.report
 * @param {SendStatus} facts.sendStatus
 * @param {Date} facts.when
 */
export function reportInFull({ address, browser, state, report, sendStatus, when }) {
  const { frame, devices, deviceId, ...rest } = state;
  const newest = frame && { index: frame.frameIndex, found: frame.detections.length, timingsMs: frame.timingsMs };
  const facts = { when: when.toISOString(), address, browser, state: { ...rest, cameras: devices.length }, newest };
  return JSON.stringify({ ...facts, sendStatus, report }, null, 2);
}

/**
 * The figures of the panel as it shows them.
 *
 * @param {Facts} facts
 * @returns {Record<string, string>}
 */
export function figuresOf({ report, sendStatus }) {
  const { latency, stages, jpegBytes } = report;
  return {
    sent: report.fpsSent.toFixed(1),
    answered: report.fpsAnswered.toFixed(1),
    drawn: report.fpsDrawn.toFixed(1),
    p50: time(latency.p50),
    p95: time(latency.p95),
    server: time(stages["total"] ?? null),
    dropped: percent(report.dropRate),
    slowDowns: String(report.slowDowns),
    backpressure: sendStatus.backpressure,
    unanswered: String(sendStatus.unanswered),
    jpeg: jpegBytes === null ? NONE : kilobytes(jpegBytes),
    size: sendStatus.width > 0 ? `${sendStatus.width} × ${sendStatus.height}` : NONE,
    quality: percent(sendStatus.quality),
    network: `${((report.bytesPerSecond * 8) / 1e6).toFixed(1)} Mbit/s`,
    buffered: kilobytes(sendStatus.bufferedAmount),
    socket: report.connection,
    target: `${Math.round(sendStatus.targetFps * 10) / 10} fps`,
    why: sendStatus.why,
  };
}

/** @param {number | null} ms */
function time(ms) {
  return ms === null ? NONE : milliseconds(ms);
}

/** @param {number} ms stages are short: a tenth of a millisecond tells something */
function stageTime(ms) {
  return ms < 100 ? `${ms.toFixed(1)} ms` : milliseconds(ms);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`;
}
