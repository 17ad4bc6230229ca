import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName } from "../../../../static/js/shared/download.js";
import { SnapshotSaver } from "../../../../static/js/live/panels/snapshot-saver.js";
import { DEFAULTS } from "../../../../static/js/live/options.js";
import { FakeClock } from "../../fakes.js";

const FRAME = { frameIndex: 7, takenAt: 400, detections: [] };
const WHEN = new Date(2026, 0, 2, 3, 4, 5);

function setUp() {
  const clock = new FakeClock();
  clock.advance(1400);
  const [links, asked, files] = [[], [], new Map()];
  const saver = new SnapshotSaver({
    snapshot: async (wanted) => {
      asked.push(wanted);
      return { png: new Blob(["png"]), json: "{}" };
    },
    canvas: () => ({ width: 10, height: 5 }),
    clock,
    wallClock: () => WHEN.getTime() + 1000,
    createLink: () => {
      const link = { clicked: 0, click: () => { link.clicked += 1; } };
      links.push(link);
      return link;
    },
    urls: {
      createObjectURL: (blob) => {
        files.set("blob:1", blob);
        return "blob:1";
      },
      revokeObjectURL: (url) => files.delete(url),
    },
  });
  return { clock, saver, links, asked, files };
}

test("the picture is handed over under a name that says what it is", async () => {
  const { saver, links, asked, files } = setUp();
  await saver.save("png", FRAME, { ...DEFAULTS, hide: ["labels"], score: 0.4 }, "yolo_ocr");
  assert.deepEqual(links.map(({ href, download, clicked }) => [href, download, clicked]), [
    ["blob:1", "forgesyte-yolo_ocr-2026-01-02-030405-frame-7.png", 1],
  ]);
  assert.equal(await files.get("blob:1").text(), "png");
  const { pipeline, layers, minScore, time, canvas } = asked[0].options;
  assert.deepEqual([pipeline, layers.labels, layers.boxes, minScore, canvas.width], ["yolo_ocr", false, true, 0.4, 10]);
  assert.deepEqual(time, WHEN);
});

test("the result is JSON, and nothing is kept for long", async () => {
  const { saver, links, files, clock } = setUp();
  await saver.save("json", FRAME, DEFAULTS, "yolo_ocr");
  assert.match(links[0].download, /\.json$/);
  assert.equal(files.get("blob:1").type, "application/json");
  clock.advance(60_000);
  assert.equal(files.size, 0);
});

test("whatever a pipeline is called, its name is one for a file", () => {
  const name = fileName({ pipelineId: "../a b/ç", frameIndex: 1, when: WHEN, ending: "png" });
  assert.equal(name, "forgesyte--a-b--2026-01-02-030405-frame-1.png");
});
