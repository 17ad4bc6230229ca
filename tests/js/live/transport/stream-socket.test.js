import assert from "node:assert/strict";
import { test } from "node:test";

import { CONNECT_TIMEOUT_MS } from "../../../../static/js/shared/reconnecting-socket.js";
import { FINAL_CLOSE_CODES, StreamSocket } from "../../../../static/js/live/transport/stream-socket.js";
import { FakeClock, fakeWebSocketClass } from "../../fakes.js";

const DELAYS = [1000, 2000, 4000, 8000, 16000];
const RESULT = { frame_index: 1, result: { detections: [] }, timings_ms: {} };

function setUp() {
  const clock = new FakeClock();
  const Sockets = fakeWebSocketClass();
  const seen = { connections: [], messages: [], failures: [] };
  let pipeline = "first";
  const socket = new StreamSocket({
    url: () => `ws://host/stream?pipeline_id=${pipeline}`,
    WebSocket: Sockets,
    clock,
    random: () => 0.5,
    events: {
      connectionChanged: (connection) => seen.connections.push(connection),
      messageReceived: (message) => seen.messages.push(message),
      failed: (failure) => seen.failures.push(failure),
    },
  });
  const names = () => seen.connections.map((connection) => connection.name);
  const choose = (id) => {
    pipeline = id;
  };
  return { clock, Sockets, socket, seen, names, choose };
}

test("connects, sends, hears and closes normally", () => {
  const { Sockets, socket, seen, names } = setUp();
  socket.start();
  assert.equal(socket.send("too early"), false);
  const server = Sockets.last;
  server.opens();
  assert.equal(socket.isOpen, true);
  assert.equal(socket.send("frame"), true);
  server.says({ frame_index: 1, dropped: true });
  socket.stop();
  assert.deepEqual(server.sent, ["frame"]);
  assert.equal(server.closedWith, 1000);
  assert.deepEqual(seen.messages, [{ kind: "dropped", frameIndex: 1, pressure: "normal" }]);
  assert.deepEqual(names(), ["connecting", "connected", "disconnected"]);
  assert.deepEqual(seen.failures, []);
});

test("tells what is unsent of the present session", () => {
  const { Sockets, socket } = setUp();
  assert.equal(socket.bufferedAmount, 0);
  socket.start();
  Sockets.last.bufferedAmount = 700;
  assert.equal(socket.bufferedAmount, 700);
});

test("starting twice makes one connection, stopping twice harms nothing", () => {
  const { Sockets, socket } = setUp();
  socket.start();
  socket.start();
  assert.equal(Sockets.made.length, 1);
  socket.stop();
  socket.stop();
  socket.start();
  assert.equal(Sockets.made.length, 2);
});

test("what a session says after it was left is not heard", () => {
  const { Sockets, socket, seen, clock } = setUp();
  socket.start();
  const old = Sockets.last;
  old.opens();
  socket.stop();
  old.says(RESULT);
  old.ends(1006);
  clock.advance(60_000);
  assert.deepEqual(seen.messages, []);
  assert.equal(Sockets.made.length, 1);
});

test("a lost connection comes back after growing waits, five times, then is given up", () => {
  const { Sockets, socket, seen, clock, names } = setUp();
  socket.start();
  for (const delay of DELAYS) {
    Sockets.last.ends(1006);
    assert.deepEqual(seen.connections.at(-1), { name: "reconnecting", retryAt: clock.now() + delay });
    const tries = Sockets.made.length;
    clock.advance(delay - 1);
    assert.equal(Sockets.made.length, tries);
    clock.advance(1);
    assert.equal(Sockets.made.length, tries + 1);
  }
  Sockets.last.ends(1006);
  assert.equal(names().at(-1), "disconnected");
  assert.deepEqual(seen.failures, [{ code: "connection_lost", detail: "" }]);
  clock.advance(600_000);
  assert.equal(Sockets.made.length, 6);
});

test("after giving up, start tries anew from the first wait", () => {
  const { Sockets, socket, seen, clock } = setUp();
  socket.start();
  for (const delay of DELAYS) {
    Sockets.last.ends(1006);
    clock.advance(delay);
  }
  Sockets.last.ends(1006);
  socket.start();
  Sockets.last.ends(1006);
  assert.deepEqual(seen.connections.at(-1), { name: "reconnecting", retryAt: clock.now() + 1000 });
});

test("only a result shows that the server works again", () => {
  const { Sockets, socket, seen, clock } = setUp();
  socket.start();
  Sockets.last.ends(1006);
  clock.advance(1000);
  Sockets.last.opens();
  Sockets.last.says({ frame_index: 1, dropped: true });
  Sockets.last.ends(1006);
  assert.equal(seen.connections.at(-1).retryAt - clock.now(), 2000);
  clock.advance(2000);
  Sockets.last.opens();
  Sockets.last.says(RESULT);
  Sockets.last.ends(1006);
  assert.equal(seen.connections.at(-1).retryAt - clock.now(), 1000);
});

for (const [closeCode, code] of FINAL_CLOSE_CODES) {
  test(`close code ${closeCode} is the end, with the server's words`, () => {
    const { Sockets, socket, seen, clock } = setUp();
    socket.start();
    Sockets.last.opens();
    Sockets.last.says({ error: code, detail: "In words" });
    Sockets.last.ends(closeCode);
    clock.advance(600_000);
    assert.equal(Sockets.made.length, 1);
    assert.deepEqual(seen.failures, [{ code, detail: "In words" }]);
    assert.deepEqual(seen.messages, []);
  });
}

test("a final close without words still says what it means", () => {
  const { Sockets, socket, seen } = setUp();
  socket.start();
  Sockets.last.ends(4404);
  assert.deepEqual(seen.failures, [{ code: "invalid_pipeline", detail: "" }]);
});

for (const closeCode of [1000, 1001, 1005, 1006, 1011, 1012]) {
  test(`close code ${closeCode} that nobody asked for is tried again`, () => {
    const { Sockets, socket, seen, clock } = setUp();
    socket.start();
    Sockets.last.opens();
    Sockets.last.ends(closeCode);
    clock.advance(1000);
    assert.equal(Sockets.made.length, 2);
    assert.deepEqual(seen.failures, []);
  });
}

test("an error that comes back each time is told in the end", () => {
  const { Sockets, socket, seen, clock } = setUp();
  socket.start();
  for (const delay of [...DELAYS, 0]) {
    Sockets.last.opens();
    Sockets.last.says({ error: "internal_error", detail: "Unexpected error occurred" });
    Sockets.last.ends(1011);
    clock.advance(delay);
  }
  assert.deepEqual(seen.failures, [{ code: "internal_error", detail: "Unexpected error occurred" }]);
});

test("a handshake that takes too long is given up and tried again", () => {
  const { Sockets, socket, names, clock } = setUp();
  socket.start();
  clock.advance(CONNECT_TIMEOUT_MS);
  assert.equal(names().at(-1), "reconnecting");
  assert.equal(Sockets.made[0].closedWith, 1000);
  clock.advance(1000);
  Sockets.last.opens();
  clock.advance(CONNECT_TIMEOUT_MS * 2);
  assert.equal(names().at(-1), "connected");
});

test("stop while a new try is waited for ends it", () => {
  const { Sockets, socket, clock, names } = setUp();
  socket.start();
  Sockets.last.ends(1006);
  socket.stop();
  clock.advance(600_000);
  assert.equal(Sockets.made.length, 1);
  assert.equal(names().at(-1), "disconnected");
  assert.equal(clock.waiting, 0);
});

test("hurry makes the new try now, and only where one is waited for", () => {
  const { Sockets, socket, clock } = setUp();
  socket.hurry();
  assert.equal(Sockets.made.length, 0);
  socket.start();
  socket.hurry();
  assert.equal(Sockets.made.length, 1);
  Sockets.last.ends(1006);
  socket.hurry();
  assert.equal(Sockets.made.length, 2);
  Sockets.last.opens();
  clock.advance(600_000);
  assert.equal(Sockets.made.length, 2);
});

test("a silent connection can be given up", () => {
  const { Sockets, socket, clock, names } = setUp();
  socket.giveUp();
  socket.start();
  Sockets.last.opens();
  socket.giveUp();
  assert.equal(Sockets.made[0].closedWith, 1000);
  assert.equal(names().at(-1), "reconnecting");
  clock.advance(1000);
  assert.equal(Sockets.made.length, 2);
});

test("each try asks for the address anew", () => {
  const { Sockets, socket, choose, clock } = setUp();
  socket.start();
  choose("second");
  Sockets.last.ends(1006);
  clock.advance(1000);
  assert.deepEqual(Sockets.made.map(({ url }) => url.split("=")[1]), ["first", "second"]);
});
