import assert from "node:assert/strict";
import { test } from "node:test";

import { openFile } from "../../../../static/js/live/capture/file-source.js";
import { FakeVideo } from "../../fakesources.js";

function setUp() {
  const living = new Set();
  const urls = {
    createObjectURL: (file) => {
      living.add(`blob:${file.name}`);
      return `blob:${file.name}`;
    },
    revokeObjectURL: (url) => living.delete(url),
  };
  const source = openFile({ kind: "file", file: { name: "street.mp4" } }, urls);
  return { living, urls, source, video: new FakeVideo() };
}

test("a file is played muted, over and over, and its address does not outlive it", () => {
  const { living, source, video } = setUp();
  assert.deepEqual([source.kind, source.name], ["file", "street.mp4"]);
  source.attach(video);
  assert.deepEqual([video.getAttribute("src"), video.loop, video.muted], ["blob:street.mp4", true, true]);
  source.release();
  assert.deepEqual([video.getAttribute("src"), video.loads, living.size], [null, 1, 0]);
  assert.equal(source.isOver, true);
});

test("released after another source took its place, it leaves that one alone", () => {
  const { source, video } = setUp();
  source.attach(video);
  video.src = "blob:another";
  source.release();
  assert.deepEqual([video.getAttribute("src"), video.loads], ["blob:another", 0]);
});

test("a file that breaks off is told of, once and only while it is shown", () => {
  const { source, video } = setUp();
  let ended = 0;
  source.onended = () => { ended += 1; };
  source.attach(video);
  video.dispatchEvent(new Event("error"));
  assert.deepEqual([ended, source.isOver], [1, true]);
  source.release();
  video.dispatchEvent(new Event("error"));
  assert.equal(ended, 1);
});

test("no file and one that cannot be played have their words", () => {
  const { urls, source } = setUp();
  assert.throws(() => openFile({ kind: "file" }, urls), { code: "file_missing" });
  const { code, detail } = source.unplayable();
  assert.deepEqual([code, detail], ["file_unplayable", "street.mp4"]);
});
