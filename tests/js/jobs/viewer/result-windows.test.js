import assert from "node:assert/strict";
import { test } from "node:test";

import { LINES_A_WINDOW, MOST_WINDOWS, RETRY_MS, ResultWindows, readLine } from "../../../../static/js/jobs/viewer/result-windows.js";
import { settled } from "../../fakes.js";

/** Results whose lines have these times; the clock stands unless a test moves it. */
function setUp({ times, stride = 1, fps = 25, last = times.length * stride, isOver = true }) {
  const fetched = [];
  const state = { now: 0, fails: false, readable: last, arrived: 0, failures: [] };
  const windows = new ResultWindows({
    fetchLines: async (first, end) => {
      fetched.push(first);
      if (state.fails) throw new Error("away");
      return times.flatMap((time_s, i) => {
        const frame_index = 1 + i * stride;
        const line = JSON.stringify({ frame_index, time_s, result: { detections: [] }, timings_ms: {} });
        return frame_index >= first && frame_index <= end && frame_index <= state.readable ? [line] : [];
      });
    },
    arrived: () => {
      state.arrived += 1;
    },
    failed: (error) => state.failures.push(error.message),
    now: () => state.now,
    fps,
    stride,
  });
  windows.extend(last, isOver);
  const at = async (timeS) => {
    for (let tries = 0; tries < 50; tries += 1) {
      const line = windows.at(timeS);
      if (line !== undefined) return line?.frameIndex ?? null;
      await settled();
    }
    throw new Error("it never came");
  };
  return { windows, state, fetched, at };
}

const steady = (count, fps = 25) => Array.from({ length: count }, (_, i) => Math.round((i / fps) * 1e6) / 1e6);

test("each time shows the line of its frame, and the first one is fetched first", async () => {
  const { windows, fetched, at } = setUp({ times: steady(100) });
  assert.equal(windows.at(0), undefined);
  assert.equal(await at(0), 1);
  assert.equal(await at(0.04), 2);
  assert.equal(await at(0.0799), 3, "rounded differently");
  assert.equal(await at(0.1), 3, "between two frames the earlier one is on the screen");
  assert.equal(await at(3.96), 100);
  assert.deepEqual(fetched, [1]);
});

test("a long result is fetched where it is looked at, at once by the frame rate", async () => {
  const { fetched, at } = setUp({ times: steady(20_000) });
  assert.equal(await at(400), 10_001);
  assert.deepEqual(fetched, [9985]);
});

test("a frame rate that changes is searched, not believed", async () => {
  const times = [...steady(5000, 50), ...steady(5000, 5).map((time) => time + 100)];
  const { fetched, at } = setUp({ times, fps: 25 });
  for (const index of [4999, 5001, 7000, 9999, 0, 2500]) assert.equal(await at(times[index]), index + 1);
  assert.ok(fetched.length < 25, `${fetched.length} windows were fetched`);
});

test("with a stride a line holds until the next, and the last one not for ever", async () => {
  const { at } = setUp({ times: steady(10, 5), stride: 5, last: 50 });
  assert.equal(await at(0.199), 6);
  assert.equal(await at(0.15), 1);
  assert.equal(await at(1.9), 46);
  assert.equal(await at(2.2), null);
});

test("nothing is shown before the first line or without results", async () => {
  const { at } = setUp({ times: steady(10).map((time) => time + 1) });
  assert.equal(await at(0.5), null);
  assert.equal(await setUp({ times: [] }).at(0), null);
});

test("a window that grows is fetched again, and shows what it has meanwhile", async () => {
  const { windows, state, fetched, at } = setUp({ times: steady(100), last: 20, isOver: false });
  assert.equal(await at(0.4), 11);
  assert.equal(await at(3), null, "not there yet");
  state.readable = 90;
  windows.extend(90, false);
  assert.equal(windows.at(0.4).frameIndex, 11);
  await settled();
  assert.equal(await at(3), 76);
  assert.equal(fetched.length, 2);
  assert.ok(state.arrived >= 2);
});

test("results that begin anew are forgotten", async () => {
  const { windows, fetched, at } = setUp({ times: steady(100) });
  await at(0);
  windows.extend(0, false);
  assert.equal(windows.at(0), null);
  windows.extend(50, false);
  await at(0);
  assert.equal(fetched.length, 2);
});

test("the next window comes before it is needed", async () => {
  const { fetched, at } = setUp({ times: steady(1000) });
  await at((LINES_A_WINDOW * 0.6) / 25);
  await settled();
  assert.deepEqual(fetched, [1, LINES_A_WINDOW + 1]);
});

test("only so many windows are kept", async () => {
  const { fetched, at } = setUp({ times: steady(LINES_A_WINDOW * 20) });
  for (let i = 0; i <= MOST_WINDOWS; i += 1) await at((i * LINES_A_WINDOW + 10) / 25);
  fetched.length = 0;
  await at(10 / 25);
  assert.deepEqual(fetched, [1]);
});

test("a window that cannot be fetched is asked for again after a while, not at every frame", async () => {
  const { windows, state, fetched, at } = setUp({ times: steady(10) });
  state.fails = true;
  windows.at(0);
  await settled();
  windows.at(0);
  assert.deepEqual([fetched.length, state.failures], [1, ["away"]]);
  state.fails = false;
  state.now = RETRY_MS;
  assert.equal(await at(0), 1);
});

test("the frames beside one are found across windows", async () => {
  const { windows, at } = setUp({ times: steady(600) });
  const end = (LINES_A_WINDOW - 1) / 25;
  assert.equal(windows.beside(end, 1), undefined, "nothing is known yet");
  await at(end);
  await settled();
  assert.equal(windows.beside(end, 1).frameIndex, LINES_A_WINDOW + 1);
  assert.equal(windows.beside(end, -1).frameIndex, LINES_A_WINDOW - 1);
  assert.equal(windows.beside(end + 0.02, -1).frameIndex, LINES_A_WINDOW - 1);
  await at((LINES_A_WINDOW + 1) / 25);
  assert.equal(windows.beside(LINES_A_WINDOW / 25, -1).frameIndex, LINES_A_WINDOW);
  assert.equal(windows.beside(0, -1), undefined);
});

test("lines are read, and what is none is left out", () => {
  const line = { frame_index: 3, time_s: 0.08, result: { detections: [{ x: 0, y: 0, w: 1, h: 1, label: "a", score: 1 }] } };
  assert.equal(readLine(JSON.stringify(line))[0].detections.length, 1);
  assert.deepEqual(readLine(JSON.stringify({ ...line, error: "broken" }))[0], {
    frameIndex: 3, timeS: 0.08, detections: [], counts: {}, error: "broken",
  });
  const counts = { zones: { door: { now: 1, labels: { person: 1 } } } };
  assert.deepEqual(readLine(JSON.stringify({ ...line, result: { detections: [], counts } }))[0].counts, counts);
  assert.deepEqual(readLine("nonsense"), []);
});
