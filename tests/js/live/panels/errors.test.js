import assert from "node:assert/strict";
import { test } from "node:test";

import { KNOWN_CODES, explain } from "../../../../static/js/live/panels/errors.js";

for (const code of KNOWN_CODES) {
  test(`${code} is told in words, with something to do`, () => {
    const { title, advice } = explain({ code, detail: "" });
    assert.match(title, /^[A-Z][^_]+[^.]$/);
    assert.match(advice, /^[A-Z][^_]+\.$/);
    assert.ok(!title.includes(code) || !code.includes("_"));
  });
}

test("no two codes say the same", () => {
  const titles = KNOWN_CODES.map((code) => explain({ code, detail: "" }).title);
  assert.equal(new Set(titles).size, titles.length);
});

test("the server's own words are added where they say more", () => {
  assert.equal(explain({ code: "invalid_pipeline", detail: " Unknown pipeline_id: x " }).detail, "Unknown pipeline_id: x");
  assert.equal(explain({ code: "internal_error", detail: "Unexpected error occurred" }).detail, "");
});

test("which limit is reached is told as the server says it", () => {
  const detail = "Sessions at once are limited to 10 (STREAM_MAX_SESSIONS): try again later";
  assert.equal(explain({ code: "too_many_sessions", detail }).detail, detail);
});

test("a code that nobody knows still says something", () => {
  for (const code of ["from_the_future", "toString", "__proto__", ""]) {
    const { title, detail } = explain({ code, detail: "What the server says" });
    assert.equal(title, "Something went wrong");
    assert.equal(detail, "What the server says");
  }
});
