import assert from "node:assert/strict";
import { test } from "node:test";

import { SourcePicker, canFlip } from "../../../../static/js/live/capture/source-picker.js";
import { FakeElement } from "../../fakes.js";

const SOURCES = ["camera", "file", "screen"];
const OFF = { source: "camera", fileName: "", devices: [], deviceId: "", facing: "", camera: "off" };
const TWO = [{ id: "a", label: "Front" }, { id: "b", label: "Back" }];

function setUp() {
  const each = () => Object.fromEntries(SOURCES.map((source) => [source, new FakeElement()]));
  const names = ["devices", "fileName", "startWords", "title", "hint", "flip"];
  const elements = {
    buttons: each(), details: each(), ...Object.fromEntries(names.map((name) => [name, new FakeElement()])),
  };
  return { elements, picker: new SourcePicker(elements, () => new FakeElement()) };
}

for (const [source, start] of [["camera", "Start"], ["file", "Play"], ["screen", "Share"]]) {
  test(`the ${source} is shown as chosen, with what belongs to it`, () => {
    const { elements, picker } = setUp();
    picker.render({ ...OFF, source });
    const pressed = SOURCES.filter((name) => elements.buttons[name].attributes["aria-pressed"] === "true");
    const shown = SOURCES.filter((name) => !elements.details[name].hidden);
    assert.deepEqual([pressed, shown, elements.startWords.textContent], [[source], [source], start]);
    assert.match(elements.hint.textContent, /never stored/);
  });
}

test("cameras are listed once, and the one in use is chosen", () => {
  const { elements, picker } = setUp();
  const listed = () => elements.devices.children.map(({ value, textContent }) => [value, textContent]);
  picker.render(OFF);
  assert.deepEqual([listed(), elements.devices.disabled], [[["", "The browser’s choice"]], true]);
  picker.render({ ...OFF, camera: "on", devices: TWO, deviceId: "b" });
  assert.deepEqual(listed(), [["a", "Front"], ["b", "Back"]]);
  assert.deepEqual([elements.devices.value, elements.devices.disabled], ["b", false]);
  const before = elements.devices.children;
  picker.render({ ...OFF, camera: "on", devices: TWO, deviceId: "a" });
  assert.equal(elements.devices.children, before);
});

test("the video's name is shown once there is one", () => {
  const { elements, picker } = setUp();
  picker.render({ ...OFF, source: "file" });
  assert.equal(elements.fileName.textContent, "No video chosen");
  picker.render({ ...OFF, source: "file", fileName: "street.mp4" });
  assert.equal(elements.fileName.textContent, "street.mp4");
});

test("front and back are offered where a camera says which it is and there is another", () => {
  const on = { ...OFF, camera: "on", devices: TWO, facing: "user" };
  assert.equal(canFlip(on), true);
  for (const less of [{ camera: "off" }, { facing: "" }, { devices: TWO.slice(1) }, { source: "file" }]) {
    assert.equal(canFlip({ ...on, ...less }), false);
  }
});

test("what is chosen is told, until it is let go", () => {
  const { elements, picker } = setUp();
  const listening = new AbortController();
  const told = [];
  const tell = (what) => told.push(what);
  picker.onChange({ sourceChosen: tell, deviceChosen: tell }, listening.signal);
  elements.buttons.screen.click();
  elements.devices.value = "b";
  elements.devices.dispatchEvent(new Event("change"));
  listening.abort();
  elements.buttons.file.click();
  assert.deepEqual(told, ["screen", "b"]);
});
