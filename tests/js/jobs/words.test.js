import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as words from "../../../static/js/jobs/words.js";

// tests/jobs/pages/test_words.py runs the same table: pages are painted first by Python, then by JavaScript.
const CASES = JSON.parse(readFileSync(new URL("../../data/job_words.json", import.meta.url), "utf8"));

/** @param {string} name @param {(input: any) => string} say */
function agrees(name, say) {
  test(`${name} is worded as in the table`, () => {
    assert.ok(CASES[name].length > 0);
    for (const [input, said] of CASES[name]) assert.equal(say(input), said, JSON.stringify(input));
  });
}

agrees("file_size", words.fileSize);
agrees("clock_time", words.clockTime);
agrees("duration", words.duration);
agrees("grouped", words.count);
agrees("facts", words.factsInWords);
agrees("frames", (fields) => {
  const job = { status: "running", frames_done: 5, frames_total: 10, source_kind: "video", ...fields };
  return words.framesInWords({
    status: job.status, framesDone: job.frames_done, framesTotal: job.frames_total, sourceKind: job.source_kind,
  });
});
agrees("source", ({ width, height, duration_s: durationS, source_bytes: sourceBytes }) =>
  words.sourceInWords({ width, height, durationS, sourceBytes }));

test("states are worded as in the table", () => {
  const said = Object.entries(words.STATUS_WORDS)
    .map(([status, word]) => [status, word, words.TONES[/** @type {keyof typeof words.TONES} */ (status)]]);
  assert.deepEqual(said, CASES.status);
});

// What only JavaScript words, or only JavaScript is given.

test("a position of a video with tenths of a second", () => {
  const positions = [0, 7.96, 65.08, 3725].map((seconds) => words.clockTime(seconds, { tenths: true }));
  assert.deepEqual(positions, ["0:00.0", "0:07.9", "1:05.0", "1:02:05.0"]);
});

test("counts agree with their noun", () => {
  assert.deepEqual([words.counted(1, "warning"), words.counted(1000, "warning")], ["1 warning", "1\u202f000 warnings"]);
  const job = { framesDone: 1, framesTotal: 1, sourceKind: /** @type {const} */ ("video") };
  assert.equal(words.framesInWords({ ...job, status: "completed" }), "1 frame");
});

test("a cancelled video tells how far it came", () => {
  const job = { framesDone: 5, framesTotal: 10, sourceKind: /** @type {const} */ ("video") };
  assert.equal(words.framesInWords({ ...job, status: "cancelled" }), "5 of 10 frames");
});

test("a moment is in the user's language, and nonsense is empty", () => {
  assert.equal(words.moment("nonsense"), "");
  assert.match(words.moment("2026-11-21T06:00:00Z"), /2026/);
});

test("unknown facts are left out", () => {
  assert.equal(words.sourceInWords({ width: 0, height: 0, durationS: null, sourceBytes: 0 }), "");
  assert.equal(words.factsInWords(undefined), "");
  assert.equal(words.factsInWords({ device_requested: "auto", fallback: false, quick: true }), "quick yes");
});
