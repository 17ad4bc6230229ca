import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsOf } from "../../../../static/js/jobs/list/sending-list.js";

test("a file on its way in words", () => {
  const words = (state) => wordsOf({ state, sent: 0.256, detail: "Not a video." });
  assert.deepEqual(["waiting", "sending", "checking", "cancelled", "refused", "sent"].map(words), [
    "Waiting", "Uploading 26%", "Being checked", "Cancelled", "Not a video.", "Uploaded",
  ]);
});
