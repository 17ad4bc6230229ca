import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../../static/js/live/store.js";

function heard(store, signal = new AbortController().signal) {
  const states = [];
  store.subscribe((state) => states.push(state), signal);
  return states;
}

test("tells the present state at once and every change after it", () => {
  const store = new Store({ a: 1, b: 2 });
  const states = heard(store);
  store.update({ b: 3 });
  assert.deepEqual(states, [{ a: 1, b: 2 }, { a: 1, b: 3 }]);
});

test("says nothing where nothing changes", () => {
  const store = new Store({ a: 1, b: Number.NaN });
  const states = heard(store);
  store.update({ a: 1, b: Number.NaN });
  assert.equal(states.length, 1);
});

test("its state cannot be written to, and the object given stays free", () => {
  const given = { a: 1 };
  const store = new Store(given);
  given.a = 5;
  assert.equal(store.state.a, 1);
  assert.throws(() => {
    store.state.a = 2;
  }, TypeError);
});

test("is silent once the signal aborts", () => {
  const store = new Store({ a: 1 });
  const listening = new AbortController();
  const states = heard(store, listening.signal);
  listening.abort();
  store.update({ a: 2 });
  assert.equal(states.length, 1);
  assert.deepEqual(heard(store, listening.signal), []);
});
