import assert from "node:assert/strict";
import { test } from "node:test";

import { JobEventsSocket, SILENCE_MS, eventsAddress } from "../../../static/js/jobs/job-events-socket.js";
import { CONNECT_TIMEOUT_MS } from "../../../static/js/shared/reconnecting-socket.js";
import { FakeClock, fakeWebSocketClass } from "../fakes.js";

function setUp() {
  const clock = new FakeClock();
  const Sockets = fakeWebSocketClass();
  const heard = [];
  const changes = [];
  const socket = new JobEventsSocket({
    url: () => "ws://host/v1/realtime",
    WebSocket: Sockets,
    clock,
    random: () => 0.5,
    heard: (event) => heard.push(event),
    changed: (connection) => changes.push(connection),
  });
  socket.start();
  return { clock, Sockets, socket, heard, changes };
}

test("events are heard, pings are answered and not heard", () => {
  const { Sockets, heard, changes } = setUp();
  Sockets.last.opens();
  Sockets.last.says({ type: "ping", payload: {} });
  Sockets.last.says({ type: "deleted", payload: { job_id: "a" } });
  Sockets.last.onmessage({ data: "nonsense" });
  assert.deepEqual(Sockets.last.sent, ['{"type":"pong"}']);
  assert.deepEqual(heard.map(({ type }) => type), ["deleted"]);
  assert.deepEqual(changes, ["connecting", "connected"]);
});

test("a lost connection comes back for ever, after no more than the longest wait", () => {
  const { clock, Sockets, changes } = setUp();
  for (let i = 0; i < 20; i += 1) {
    Sockets.last.ends(1006);
    assert.equal(changes.at(-1), "waiting");
    clock.advance(Math.min(1000 * 2 ** i, 16_000));
    assert.equal(Sockets.made.length, i + 2);
  }
});

test("after an event the waits are short again", () => {
  const { clock, Sockets } = setUp();
  Sockets.last.ends(1006);
  clock.advance(1000);
  Sockets.last.ends(1006);
  clock.advance(2000);
  Sockets.last.says({ type: "ping", payload: {} });
  Sockets.last.ends(1006);
  clock.advance(1000);
  assert.equal(Sockets.made.length, 4);
});

for (const code of [4400, 4401, 4403, 4404]) {
  test(`${code} is final`, () => {
    const { clock, Sockets, changes } = setUp();
    Sockets.last.ends(code);
    clock.advance(1e6);
    assert.equal(changes.at(-1), "refused");
    assert.equal(Sockets.made.length, 1);
  });
}

test("a handshake that takes too long is abandoned", () => {
  const { clock, Sockets } = setUp();
  clock.advance(CONNECT_TIMEOUT_MS);
  assert.equal(Sockets.made[0].closedWith, 1000);
  clock.advance(1000);
  assert.equal(Sockets.made.length, 2);
});

test("each message starts the wait for the next one anew", () => {
  const { clock, Sockets } = setUp();
  Sockets.last.opens();
  clock.advance(SILENCE_MS - 1);
  Sockets.last.says({ type: "ping", payload: {} });
  clock.advance(SILENCE_MS - 1);
  assert.equal(Sockets.made.length, 1);
});

test("a connection that is silent is given up", () => {
  const { clock, Sockets } = setUp();
  const first = Sockets.last;
  first.opens();
  clock.advance(SILENCE_MS);
  assert.equal(first.closedWith, 1000);
  clock.advance(1000);
  assert.equal(Sockets.made.length, 2);
});

test("starting twice makes one connection, and what was stopped stays silent", () => {
  const { clock, Sockets, socket, heard } = setUp();
  socket.start();
  const old = Sockets.last;
  socket.stop();
  socket.stop();
  old.says({ type: "deleted", payload: { job_id: "a" } });
  clock.advance(1e6);
  assert.deepEqual(heard, []);
  assert.equal(Sockets.made.length, 1);
  socket.start();
  assert.equal(Sockets.made.length, 2);
});

test("whoever is online again does not wait", () => {
  const { Sockets, socket } = setUp();
  socket.hurry();
  assert.equal(Sockets.made.length, 1, "it is connected");
  Sockets.last.ends(1006);
  socket.hurry();
  assert.equal(Sockets.made.length, 2);
});

test("the address names the jobs", () => {
  assert.equal(eventsAddress("https://host:1/videos/?a=b", "/v1/realtime", []), "wss://host:1/v1/realtime");
  assert.equal(eventsAddress("http://host/", "/v1/realtime", ["a", "b"]), "ws://host/v1/realtime?job_id=a&job_id=b");
});
