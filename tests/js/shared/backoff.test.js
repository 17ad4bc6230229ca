import assert from "node:assert/strict";
import { test } from "node:test";

import { DELAYS_MS, JITTER, delayBefore } from "../../../static/js/shared/backoff.js";

test("waits 1, 2, 4, 8 and 16 seconds, then gives up", () => {
  const delays = [0, 1, 2, 3, 4, 5].map((attempt) => delayBefore(attempt, () => 0.5));
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16000, null]);
});

test("chance moves a delay by a fifth at most", () => {
  DELAYS_MS.forEach((delay, attempt) => {
    assert.equal(delayBefore(attempt, () => 0), Math.round(delay * (1 - JITTER)));
    assert.equal(delayBefore(attempt, () => 1), Math.round(delay * (1 + JITTER)));
  });
});
