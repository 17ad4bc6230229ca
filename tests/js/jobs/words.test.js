import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as words from "../../../static/js/jobs/words.js";

// tests/jobs/test_words.py runs the same table: pages are painted first by Python, then by JavaScript.
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
