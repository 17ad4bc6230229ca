import assert from "node:assert/strict";
import { test } from "node:test";

import { SCREEN_OPTIONS, openScreen } from "../../../../static/js/live/capture/screen-source.js";
import { fakeStream, fakeTrack, named } from "../../fakesources.js";

const browserWith = (answer) => {
  const getDisplayMedia = async (options) => {
    browser.asked = options;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const browser = { mediaDevices: { getDisplayMedia }, isSecure: true };
  return browser;
};

test("a screen is a source with the name that the browser gives it", async () => {
  const browser = browserWith(fakeStream(fakeTrack({ label: "Window 3" })));
  const { kind, name, deviceId, facing } = await openScreen(browser);
  assert.deepEqual({ kind, name, deviceId, facing }, { kind: "screen", name: "Window 3", deviceId: "", facing: "" });
  assert.deepEqual(browser.asked, SCREEN_OPTIONS);
});

test("where the browser can, the page stays in front", async () => {
  const browser = browserWith(fakeStream());
  browser.CaptureController = class {
    setFocusBehavior(behaviour) {
      this.behaviour = behaviour;
    }
  };
  await openScreen(browser);
  assert.equal(browser.asked.controller.behaviour, "no-focus-change");
});

for (const [name, message] of [["NotAllowedError", "Permission denied by user"], ["AbortError", ""]]) {
  test(`${name} is a person who changed their mind`, async () => {
    assert.equal(await openScreen(browserWith(named(name, message))), null);
  });
}

for (const [name, message, code] of [
  ["NotAllowedError", "Permission denied by system", "screen_refused"],
  ["NotFoundError", "", "screen_failed"],
  ["NotReadableError", "", "screen_failed"],
  ["InvalidStateError", "", "screen_failed"],
]) {
  test(`${name} (${message}) is ${code}`, async () => {
    await assert.rejects(openScreen(browserWith(named(name, message))), { code });
  });
}

test("a phone that shares no screen and a page that is not secure are told apart", async () => {
  await assert.rejects(openScreen({ mediaDevices: {}, isSecure: true }), { code: "screen_unsupported" });
  await assert.rejects(openScreen({ mediaDevices: undefined, isSecure: false }), { code: "insecure_screen" });
});

test("a screen that does not play has words of its own", async () => {
  const source = await openScreen(browserWith(fakeStream()));
  assert.equal(source.unplayable(new Error("odd")).code, "screen_failed");
});
