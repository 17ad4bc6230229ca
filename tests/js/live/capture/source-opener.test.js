import assert from "node:assert/strict";
import { test } from "node:test";

import { sourceOpener } from "../../../../static/js/live/capture/source-opener.js";

const stream = (label) => {
  const track = { label, getSettings: () => ({}), stop: () => undefined };
  return { getVideoTracks: () => [track], getTracks: () => [track] };
};
const open = sourceOpener({
  mediaDevices: {
    getUserMedia: async () => stream("Webcam"),
    getDisplayMedia: async () => stream("Window"),
  },
  isSecure: true,
  urls: { createObjectURL: () => "blob:1", revokeObjectURL: () => undefined },
});

for (const [choice, name] of [
  [{ kind: "camera" }, "Webcam"],
  [{ kind: "screen" }, "Window"],
  [{ kind: "file", file: { name: "street.mp4" } }, "street.mp4"],
]) {
  test(`a ${choice.kind} is opened where one was chosen`, async () => {
    const source = await open(choice);
    assert.deepEqual([source.kind, source.name], [choice.kind, name]);
  });
}

test("what cannot be opened is told by its code", async () => {
  await assert.rejects(open({ kind: "file" }), { code: "file_missing" });
});
