import assert from "node:assert/strict";
import { test } from "node:test";

import { SHORTCUTS, actionOf } from "../../../../static/js/live/panels/shortcuts.js";

const BODY = { tagName: "BODY", tabIndex: -1 };
const press = (key, more = {}) =>
  actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, target: BODY, ...more });

test("each key has its action, in capitals too", () => {
  assert.deepEqual([..." dmesf?"].map((key) => press(key)), [...SHORTCUTS.values()]);
  assert.equal(press("D"), "debug");
  assert.equal(press("x"), null);
  assert.equal(press("d", { target: null }), "debug");
});

test("what the browser does with a key stays its own", () => {
  for (const held of ["ctrlKey", "metaKey", "altKey", "repeat"]) assert.equal(press("s", { [held]: true }), null);
});

test("letters belong to fields that take them", () => {
  const fields = [["TEXTAREA"], ["SELECT"], ["INPUT", "text"], ["INPUT", "search"]];
  for (const [tagName, type] of fields) assert.equal(press("d", { target: { tagName, type, tabIndex: 0 } }), null);
  assert.equal(press("d", { target: { tagName: "DIV", isContentEditable: true, tabIndex: 0 } }), null);
  for (const type of ["range", "checkbox", "radio"]) {
    assert.equal(press("d", { target: { tagName: "INPUT", type, tabIndex: 0 } }), "debug");
  }
});

test("the space bar belongs to whatever has the focus", () => {
  assert.equal(press(" "), "startOrStop");
  for (const tagName of ["BUTTON", "A", "SUMMARY", "OL"]) {
    assert.equal(press(" ", { target: { tagName, tabIndex: 0 } }), null);
  }
  assert.equal(press(" ", { target: { tagName: "MAIN", tabIndex: -1 } }), "startOrStop");
});
