import assert from "node:assert/strict";
import { test } from "node:test";

import { FullScreen } from "../../../static/js/shared/full-screen.js";

function setUp({ enabled = true, allowed = true } = {}) {
  const page = Object.assign(new EventTarget(), { fullscreenEnabled: enabled, fullscreenElement: null });
  const show = async (element) => {
    if (!allowed) throw new TypeError("not allowed");
    page.fullscreenElement = element;
    page.dispatchEvent(new Event("fullscreenchange"));
  };
  const element = { requestFullscreen: () => show(element) };
  page.exitFullscreen = () => show(null);
  const button = { hidden: false, pressed: "false", setAttribute(_, value) { this.pressed = value; } };
  return { page, button, element, fullScreen: new FullScreen({ element, button, page }) };
}

test("goes to the full screen and back, and the button shows which it is", async () => {
  const { fullScreen, button } = setUp();
  fullScreen.watch(new AbortController().signal);
  await fullScreen.toggle();
  assert.deepEqual([fullScreen.isOn, button.pressed], [true, "true"]);
  await fullScreen.toggle();
  assert.deepEqual([fullScreen.isOn, button.pressed], [false, "false"]);
});

test("is not offered where the browser has no full screen for elements", async () => {
  const { button, element, fullScreen } = setUp({ enabled: false });
  assert.equal(button.hidden, true);
  delete element.requestFullscreen;
  await fullScreen.toggle();
  assert.equal(fullScreen.isOn, false);
});

test("a browser that refuses leaves everything as it is", async () => {
  const { fullScreen } = setUp({ allowed: false });
  await fullScreen.toggle();
  assert.equal(fullScreen.isOn, false);
});
