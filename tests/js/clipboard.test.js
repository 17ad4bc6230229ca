import assert from "node:assert/strict";
import { test } from "node:test";

import { Clipboard, TOLD_MS } from "../../static/js/clipboard.js";
import { FakeClock } from "./fakes.js";

function setUp(writeText) {
  const [clock, told] = [new FakeClock(), { textContent: "" }];
  return { clock, told, clipboard: new Clipboard({ clipboard: writeText && { writeText }, told, clock }) };
}

test("text is copied, and a word says so for a while", async () => {
  const copied = [];
  const { clock, told, clipboard } = setUp(async (text) => copied.push(text));
  await clipboard.copy("NO ENTRY");
  assert.deepEqual([copied, told.textContent], [["NO ENTRY"], "Copied"]);
  clock.advance(TOLD_MS / 2);
  await clipboard.copy("again");
  clock.advance(TOLD_MS - 1);
  assert.equal(told.textContent, "Copied");
  clock.advance(1);
  assert.equal(told.textContent, "");
});

for (const [name, writeText] of [
  ["a browser that refuses", async () => { throw new Error("no"); }],
  ["a page that is not secure", undefined],
]) {
  test(`${name} is told of`, async () => {
    const { told, clipboard } = setUp(writeText);
    await clipboard.copy("NO ENTRY");
    assert.match(told.textContent, /does not allow/);
  });
}
