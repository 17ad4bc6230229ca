import assert from "node:assert/strict";
import { test } from "node:test";

import { DebugPanel, figuresOf, reportInFull } from "../../../../static/js/live/panels/debug-panel.js";
import { initialState } from "../../../../static/js/live/state.js";
import { StreamStats } from "../../../../static/js/live/transport/stream-stats.js";
import { FakeClock, FakeElement } from "../../fakes.js";

const SEND_STATUS = {
  targetFps: 7.5, unanswered: 2, width: 640, height: 480, quality: 0.8, bufferedAmount: 12_345, backpressure: "warning",
  encodedIn: "worker", why: "7.5 fps: the server asked for fewer frames",
};

function facts(timingsMs = { wait: 1, detect: 30, total: 40 }) {
  const clock = new FakeClock();
  const stats = new StreamStats(clock.now);
  for (let i = 0; i < 30; i += 1) {
    clock.advance(100);
    stats.frameSent({ bytes: 40_000 });
    stats.frameAnswered({ latencyMs: 50, timingsMs });
    stats.frameDrawn(60);
  }
  stats.frameDropped();
  stats.slowedDown();
  stats.connectionChanged("connected");
  return { report: stats.report(), sendStatus: SEND_STATUS };
}

function setUp() {
  const figures = Object.fromEntries(["sent", "p95", "why", "top"].map((name) => [name, new FakeElement()]));
  const [line, stages] = [new FakeElement(), new FakeElement()];
  const createStage = () => {
    const row = new FakeElement({ name: new FakeElement(), bar: new FakeElement(), value: new FakeElement() });
    return { row, name: row.name, bar: row.bar, value: row.value };
  };
  return { figures, line, stages, panel: new DebugPanel({ figures, line, stages }, createStage) };
}

const rowsOf = (stages) => stages.children.map(({ name, bar, value }) => {
  return [name.textContent, bar.attributes.width, value.textContent];
});

test("every figure is told in words", () => {
  assert.deepEqual(figuresOf(facts()), {
    sent: "10.0", answered: "10.0", drawn: "10.0", p50: "60 ms", p95: "60 ms", server: "40 ms", dropped: "3%",
    slowDowns: "1", backpressure: "warning", unanswered: "2", jpeg: "40 kB", size: "640 × 480", quality: "80%",
    network: "3.2 Mbit/s", buffered: "12 kB", socket: "connected", target: "7.5 fps",
    why: "7.5 fps: the server asked for fewer frames",
  });
});

test("before anything is sent there are no figures to tell", () => {
  const report = new StreamStats(new FakeClock().now).report();
  const { sent, p50, server, jpeg, size } = figuresOf({ report, sendStatus: { ...SEND_STATUS, width: 0, height: 0 } });
  assert.deepEqual([sent, p50, server, jpeg, size], ["0.0", "–", "–", "–", "–"]);
});

test("the panel shows figures, the course of the latency and a bar for each stage", () => {
  const { figures, line, stages, panel } = setUp();
  panel.render(facts());
  assert.deepEqual([figures.sent.textContent, figures.p95.textContent], ["10.0", "60 ms"]);
  assert.deepEqual([figures.why.textContent, figures.top.textContent], [SEND_STATUS.why, "100 ms"]);
  assert.match(line.attributes.d, /^M.*L/);
  assert.deepEqual(rowsOf(stages), [["wait", "2.5%", "1.0 ms"], ["detect", "75%", "30.0 ms"]]);
});

test("stages keep their rows, and those of another pipeline take their place", () => {
  const { stages, panel } = setUp();
  panel.render(facts());
  const before = stages.children[0];
  panel.render(facts({ wait: 2, detect: 20, total: 40 }));
  assert.equal(stages.children[0], before);
  panel.render(facts({ wait: 2, read: 200, total: 210 }));
  assert.deepEqual(rowsOf(stages).map(([name]) => name), ["wait", "read"]);
});

test("the copy has everything, and nothing that was seen", () => {
  const frame = { frameIndex: 9, detections: [{ text: "SECRET" }], text: "SECRET", timingsMs: { total: 4 }, takenAt: 1 };
  const state = { ...initialState("yolo_ocr"), frame, devices: [{ id: "a", label: "Front" }] };
  const when = new Date(Date.UTC(2026, 0, 2));
  const text = reportInFull({ address: "http://host/", browser: "Any", state, ...facts(), when });
  const copy = JSON.parse(text);
  assert.deepEqual([copy.when, copy.address, copy.browser], ["2026-01-02T00:00:00.000Z", "http://host/", "Any"]);
  assert.deepEqual([copy.newest, copy.state.cameras], [{ index: 9, found: 1, timingsMs: { total: 4 } }, 1]);
  assert.deepEqual([copy.sendStatus.why, copy.report.slowDowns], [SEND_STATUS.why, 1]);
  assert.doesNotMatch(text, /SECRET/);
});
