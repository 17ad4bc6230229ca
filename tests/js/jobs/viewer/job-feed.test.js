import assert from "node:assert/strict";
import { test } from "node:test";

import { JobFeed, SUMMARY_EVERY_MS } from "../../../../static/js/jobs/viewer/job-feed.js";
import { FakeClock, settled } from "../../fakes.js";

function feeding(answers = []) {
  const clock = new FakeClock();
  const seen = { data: [], gone: 0, frames: [] };
  const feed = new JobFeed({
    jobId: "a",
    get: async () => {
      const answer = answers.shift();
      if (!answer) throw new Error("away");
      return answer;
    },
    clock,
    changed: (data) => seen.data.push(data),
    gone: () => {
      seen.gone += 1;
    },
    frameDone: (line) => seen.frames.push(line["frame_index"]),
  });
  const hear = (type, payload = {}, jobId = "a") => feed.hear({ type, jobId, payload: { job_id: jobId, ...payload } });
  return { clock, feed, seen, hear };
}

test("an answer that is older than the events is not shown", async () => {
  const { feed, seen, hear } = feeding([{ version: 2 }, { version: 9 }]);
  hear("snapshot", { job: { version: 5 } });
  await feed.refresh();
  assert.deepEqual(seen.data, [{ version: 5 }]);
  await feed.refresh();
  assert.equal(seen.data.at(-1).version, 9);
});

test("what was found is asked for when results came, but not too often", async () => {
  const { clock, seen, hear } = feeding([{ version: 2 }, { version: 3 }]);
  hear("snapshot", { job: { version: 1 } });
  for (let i = 0; i < 5; i += 1) hear("partial_result", { first_frame: i + 1, last_frame: i + 1 });
  clock.advance(0);
  await settled();
  assert.equal(seen.data.at(-1).version, 2);
  hear("partial_result", { first_frame: 9, last_frame: 9 });
  clock.advance(SUMMARY_EVERY_MS - 1);
  await settled();
  assert.equal(seen.data.at(-1).next_frame, 10);
  clock.advance(1);
  await settled();
  assert.equal(seen.data.at(-1).version, 3);
  hear("partial_result", { first_frame: 10, last_frame: 10 });
  clock.advance(SUMMARY_EVERY_MS);
  await settled();
  assert.equal(clock.waiting, 0, "a server that is away is asked again when there is an event");
});

test("events of other jobs are not heard, nor any after the end", () => {
  const { feed, seen, hear } = feeding();
  hear("snapshot", { job: { version: 1 } }, "b");
  hear("frame", { frame_index: 7 });
  assert.deepEqual([seen.data, seen.frames], [[], [7]]);
  hear("deleted");
  hear("deleted");
  assert.equal(seen.gone, 1);
  feed.stop();
});
