import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, LAYERS } from "../../../../static/js/live/options.js";
import { Settings, viewInWords } from "../../../../static/js/live/panels/settings.js";
import { FakeElement } from "../../fakes.js";

function setUp() {
  const field = (name, type, value, more = {}) => new FakeElement({ name, type, value, ...more });
  const choice = (name, type, value) => field(name, type, value, { checked: false });
  const fields = {
    ...Object.fromEntries(["live", "exact"].map((value) => [value, choice("mode", "radio", value)])),
    ...Object.fromEntries(["auto", "on", "off"].map((value) => [value, choice("mirror", "radio", value)])),
    ...Object.fromEntries(LAYERS.map((layer) => [layer, choice("layer", "checkbox", layer)])),
    ...Object.fromEntries(["score", "quality"].map((name) => [name, field(name, "range", "0")])),
    ...Object.fromEntries(["size", "fps"].map((name) => [name, field(name, "select-one", "")])),
  };
  const words = Object.fromEntries(["score", "quality", "view", "picture"].map((name) => [name, new FakeElement()]));
  return { fields, words, settings: new Settings({ fields: Object.values(fields), words }) };
}

test("the fields show what is chosen, and words say it", () => {
  const { fields, words, settings } = setUp();
  settings.render({ ...DEFAULTS, mode: "exact", mirror: "on", hide: ["trails"], score: 0.3, size: "320x240", fps: 5 });
  const checked = Object.entries(fields).filter(([, field]) => field.checked).map(([name]) => name);
  assert.deepEqual(checked, ["exact", "on", ...LAYERS.filter((layer) => layer !== "trails")]);
  assert.deepEqual(["score", "quality", "size", "fps"].map((name) => fields[name].value), ["0.3", "0.8", "320x240", "5"]);
  assert.deepEqual([words.score.textContent, words.quality.textContent], ["30%", "80%"]);
  assert.deepEqual([words.view.textContent, words.picture.textContent], ["Exact, 1 hidden, from 30%", "320 × 240, 5 fps"]);
});

test("a change in one field tells all that is chosen, until it is let go", () => {
  const { fields, settings } = setUp();
  const listening = new AbortController();
  const told = [];
  settings.render(DEFAULTS);
  settings.onChange((chosen) => told.push(chosen), listening.signal);
  fields.boxes.checked = false;
  fields.score.value = "0.55";
  fields.score.dispatchEvent(new Event("input"));
  listening.abort();
  fields.score.dispatchEvent(new Event("input"));
  const { pipeline, source, facing, ...settable } = DEFAULTS;
  assert.deepEqual(told, [{ ...settable, hide: ["boxes"], score: 0.55 }]);
});

test("what is as usual needs no words", () => {
  assert.equal(viewInWords(DEFAULTS), "Live");
});
