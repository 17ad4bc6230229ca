import assert from "node:assert/strict";
import { test } from "node:test";

import { overlap } from "../../../../static/js/shared/geometry.js";
import { NOWHERE, arrange, placeOf } from "../../../../static/js/live/overlay/labels.js";
import { seeded } from "../../fakes.js";

const PICTURE = { x: 0, y: 0, width: 800, height: 600 };
const LABEL = { width: 60, height: 20 };

const item = (box, more = {}) => ({ object: { slot: NOWHERE }, box, isText: false, label: LABEL, leastWidth: LABEL.width, ...more });
const line = (y, more = {}) => item({ x: 100, y, width: 300, height: 24 }, { isText: true, ...more });
const slots = (items, picture = PICTURE, taken = []) => {
  arrange(items, picture, taken);
  return items.map(({ object }) => object.slot);
};
const place = (one, picture = PICTURE) => placeOf(one.object.slot, one, picture);

test("a label stands above its box, below it at the top edge, inside it where neither fits", () => {
  const [above, below, inside] = [
    item({ x: 50, y: 100, width: 80, height: 40 }),
    item({ x: 50, y: 5, width: 80, height: 40 }),
    item({ x: 0, y: 0, width: 800, height: 600 }),
  ];
  for (const one of [above, below, inside]) arrange([one], PICTURE);
  assert.deepEqual(place(above), { x: 50, y: 80, ...LABEL });
  assert.deepEqual(place(below), { x: 50, y: 45, ...LABEL });
  assert.deepEqual(place(inside), { x: 0, y: 0, ...LABEL });
});

test("labels of boxes on the same spot find places of their own, and what finds none has none", () => {
  const items = Array.from({ length: 12 }, () => item({ x: 400, y: 300, width: 50, height: 24 }));
  slots(items);
  const places = items.filter(({ object }) => object.slot !== NOWHERE).map((one) => place(one));
  assert.ok(places.length >= 4 && places.length < 12, String(places.length));
  places.forEach((one, i) => places.slice(i + 1).forEach((other) => assert.equal(overlap(one, other), false)));
});

test("a label stays where it stood as long as that is good", () => {
  const one = item({ x: 50, y: 100, width: 80, height: 40 });
  const words = line(78, { box: { x: 40, y: 78, width: 120, height: 20 } });
  assert.equal(slots([one, words])[0], "below");
  assert.equal(slots([one])[0], "below");
  one.box = { ...one.box, y: 560 };
  assert.equal(slots([one])[0], "above");
  one.box = { ...one.box, y: 300 };
  assert.equal(slots([one])[0], "above");
});

test("labels do not go from place to place while boxes tremble", () => {
  const random = seeded(4);
  const items = Array.from({ length: 30 }, () => item({ x: random() * 700, y: random() * 550, width: 60, height: 40 }));
  const homes = items.map(({ box }) => box);
  const before = slots(items);
  let changes = 0;
  for (let i = 0; i < 50; i += 1) {
    items.forEach((one, k) => { one.box = { ...homes[k], x: homes[k].x + random() * 2 - 1, y: homes[k].y + random() * 2 - 1 }; });
    slots(items).forEach((slot, k) => { changes += slot === before[k] ? 0 : 1; before[k] = slot; });
  }
  assert.ok(changes <= 15, `${changes} changes in 1500`);
});

test("on a dense page labels stand beside their lines, cut to the room, and cover no words", () => {
  const items = Array.from({ length: 12 }, (_, row) => line(60 + 30 * row, { label: { width: 500, height: 20 }, leastWidth: 100 }));
  assert.ok(slots(items).slice(1, -1).every((slot) => slot === "right"));
  for (const one of items) {
    const { x, width } = place(one);
    assert.ok(x + width <= 800 && width >= 100);
    for (const { box } of items) assert.equal(overlap(place(one), box), false);
  }
});

test("a label that is cut to the room finds it, wherever the line ends", () => {
  const random = seeded(7);
  for (let i = 0; i < 200; i += 1) {
    const picture = { x: random() * 100, y: random() * 100, width: 600 + random(), height: 400 };
    const rows = [0, 1, 2].map((row) => line(0, {
      box: { x: picture.x + 20, y: picture.y + 100 + 26 * row, width: 300 + random() * 100, height: 24 },
      label: { width: 400, height: 20 },
      leastWidth: 100,
    }));
    assert.equal(slots(rows, picture)[1], "right");
  }
});

test("where every place covers words there is no label", () => {
  const items = Array.from({ length: 12 }, (_, row) =>
    line(60 + 30 * row, { box: { x: 10, y: 60 + 26 * row, width: 780, height: 24 }, leastWidth: 60 }));
  const found = slots(items);
  assert.deepEqual(found.slice(1, -1), Array(10).fill(NOWHERE));
  assert.deepEqual([found[0], found.at(-1)], ["above", "below"]);
});

test("an object's label may lie within its own box and on another's, rather than on words", () => {
  const sign = line(200, { box: { x: 100, y: 180, width: 200, height: 200 } });
  const object = item({ x: 100, y: 380, width: 200, height: 200 });
  slots([sign, object]);
  assert.equal(overlap(place(object), sign.box), false);
});

test("what is taken stays free", () => {
  const taken = { x: 40, y: 60, width: 100, height: 40 };
  const one = item({ x: 50, y: 100, width: 80, height: 40 });
  slots([one], PICTURE, [taken]);
  assert.equal(overlap(place(one), taken), false);
});

test("a small picture has fewer labels, for the largest, and they keep them", () => {
  const small = { x: 0, y: 0, width: 160, height: 120 };
  const label = { width: 30, height: 12 };
  const items = [10, 12, 14, 16, 18].map((side, i) => item({ x: 5 + 30 * i, y: 50, width: side, height: side }, { label, leastWidth: 30 }));
  assert.deepEqual(slots(items, small).map((slot) => slot !== NOWHERE), [false, false, true, true, true]);
  items[0].box = { ...items[0].box, width: 20, height: 20 };
  assert.deepEqual(slots(items, small).map((slot) => slot !== NOWHERE), [false, false, true, true, true]);
});

test("a label at the right edge is moved in; one too wide begins at the left", () => {
  const one = item({ x: 790, y: 100, width: 10, height: 40 });
  slots([one]);
  assert.equal(place(one).x, 740);
  const wide = item({ x: 790, y: 100, width: 10, height: 40 }, { label: { width: 900, height: 20 }, leastWidth: 900 });
  wide.object.slot = "above";
  assert.equal(place(wide).x, 0);
});

test("wherever boxes are and go, labels stay within the picture", () => {
  const random = seeded(6);
  for (let i = 0; i < 300; i += 1) {
    const picture = { x: random() * 50, y: random() * 50, width: 200 + random() * 800, height: 150 + random() * 600 };
    const anywhere = () => ({
      x: picture.x + random() * picture.width,
      y: picture.y + random() * picture.height,
      width: random() * 100,
      height: random() * 100,
    });
    const items = Array.from({ length: 10 }, () => item(anywhere(), { isText: random() < 0.5 }));
    arrange(items, picture);
    for (const one of items) {
      one.box = anywhere();
      const { x, y, width, height } = place(one, picture);
      assert.ok(x >= picture.x - 1e-9 && x + width <= picture.x + picture.width + 1e-9);
      assert.ok(y >= picture.y - 1e-9 && y + height <= picture.y + picture.height + 1e-9);
    }
  }
});
