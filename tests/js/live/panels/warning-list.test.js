import assert from "node:assert/strict";
import { test } from "node:test";

import { WarningList } from "../../../../static/js/live/panels/warning-list.js";

test("each warning is an item, and without any the panel is hidden", () => {
  const panel = { hidden: true };
  const list = { items: [], replaceChildren(...items) { this.items = items; } };
  const warnings = new WarningList({ panel, list, createElement: (name) => ({ name, textContent: "" }) });

  warnings.render(["The network sees less", "<b>Boxes</b> are left out"]);
  assert.equal(panel.hidden, false);
  assert.deepEqual(list.items, [
    { name: "li", textContent: "The network sees less" },
    { name: "li", textContent: "<b>Boxes</b> are left out" },
  ]);

  warnings.render([]);
  assert.equal(panel.hidden, true);
  assert.deepEqual(list.items, []);
});
