import assert from "node:assert/strict";
import { test } from "node:test";

import { Address, WRITE_EVERY_MS } from "../../../static/js/live/address.js";
import { FakeClock } from "../fakes.js";

function setUp() {
  const clock = new FakeClock();
  const written = [];
  return { clock, written, address: new Address({ write: (text) => written.push(text), clock }) };
}

test("an address is written at once", () => {
  const { address, written } = setUp();
  address.show("a");
  assert.deepEqual(written, ["a"]);
});

test("while it changes quickly, only the newest is written, now and then", () => {
  const { address, clock, written } = setUp();
  for (let i = 0; i < 100; i += 1) {
    address.show(String(i));
    clock.advance(WRITE_EVERY_MS / 40);
  }
  clock.advance(WRITE_EVERY_MS);
  assert.equal(written.at(-1), "99");
  assert.ok(written.length <= 5, `${written.length} times`);
  assert.equal(clock.waiting, 0);
});
