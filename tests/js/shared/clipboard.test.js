import assert from "node:assert/strict";
import { test } from "node:test";

import { copyText } from "../../../static/js/shared/clipboard.js";
import { SAID_MS, Toast } from "../../../static/js/live/panels/toast.js";
import { FakeClock } from "../fakes.js";

function setUp() {
  const [clock, element] = [new FakeClock(), { textContent: "" }];
  return { clock, element, toast: new Toast({ element, clock }) };
}

test("text is copied, and a word says so", async () => {
  const { element, toast } = setUp();
  const copied = [];
  await copyText("NO ENTRY", { clipboard: { writeText: async (text) => { copied.push(text); } }, toast });
  assert.deepEqual([copied, element.textContent], [["NO ENTRY"], "Copied"]);
});

for (const [name, clipboard] of [
  ["a browser that refuses", { writeText: async () => { throw new Error("no"); } }],
  ["a page that is not secure", undefined],
]) {
  test(`${name} is told of`, async () => {
    const { element, toast } = setUp();
    await copyText("NO ENTRY", { clipboard, toast });
    assert.match(element.textContent, /does not allow/);
  });
}

test("a word stays for a while, and the next one takes its place and its time", () => {
  const { clock, element, toast } = setUp();
  toast.say("Copied");
  clock.advance(SAID_MS - 1);
  toast.say("Saved");
  clock.advance(SAID_MS - 1);
  assert.equal(element.textContent, "Saved");
  clock.advance(1);
  assert.equal(element.textContent, "");
});
