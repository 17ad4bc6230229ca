import assert from "node:assert/strict";
import { test } from "node:test";

import { followPage } from "../../../static/js/live/lifecycle.js";

function setUp() {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const heard = [];
  const live = {
    wake: () => heard.push("wake"), suspend: () => heard.push("suspend"), resume: () => heard.push("resume"),
  };
  const listening = new AbortController();
  followPage({ window, document, live, signal: listening.signal });
  const tell = (target, name, more = {}) => target.dispatchEvent(Object.assign(new Event(name), more));
  return { window, document, heard, tell, listening };
}

test("a page that is seen again, thawed or back in its network wakes the stream", () => {
  const { window, document, heard, tell } = setUp();
  tell(window, "online");
  tell(document, "visibilitychange");
  tell(document, "resume");
  assert.deepEqual(heard, ["wake", "wake", "wake"]);
  document.visibilityState = "hidden";
  tell(document, "visibilitychange");
  assert.equal(heard.length, 3);
});

test("a page that is left lets go of the camera, and goes on where the browser had kept it whole", () => {
  const { window, heard, tell } = setUp();
  tell(window, "pageshow", { persisted: false });
  tell(window, "pagehide");
  tell(window, "pageshow", { persisted: true });
  assert.deepEqual(heard, ["suspend", "resume"]);
});

test("nothing is heard once nobody listens", () => {
  const { window, heard, tell, listening } = setUp();
  listening.abort();
  tell(window, "online");
  assert.deepEqual(heard, []);
});
