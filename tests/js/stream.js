import { Live } from "../../static/js/live/live.js";
import { Pacing } from "../../static/js/live/transport/pacing.js";
import { Quality } from "../../static/js/live/capture/quality.js";
import { StreamSocket } from "../../static/js/live/transport/stream-socket.js";
import { initialState } from "../../static/js/live/state.js";
import { Store } from "../../static/js/live/store.js";
import { FakeClock, fakeWebSocketClass } from "./fakes.js";

export const DETECTION = { x: 0.1, y: 0.1, w: 0.2, h: 0.2, label: "text", score: 0.9 };
export const SIZE = { width: 640, height: 480 };
export const result = (frame_index, more = {}) => ({
  frame_index, result: { detections: [DETECTION], text: "HELLO" }, timings_ms: { total: 20 }, ...more,
});

/** A picture that shows what it is asked for; `problem` and `isCancelled` say how the next choice ends. */
function fakePicture() {
  return {
    source: null,
    isPaused: false,
    starts: [],
    plays: 0,
    problem: null,
    isCancelled: false,
    get isOn() {
      return this.source !== null;
    },
    async start(choice) {
      this.starts.push(choice);
      if (this.problem) throw this.problem;
      if (this.isCancelled) return false;
      const { kind, deviceId = "", facing = "" } = choice;
      this.source = { kind, name: `My ${kind}`, deviceId, facing };
      return true;
    },
    stop() {
      this.source = null;
    },
    async keepPlaying() {
      this.plays += 1;
    },
  };
}

function fakePump() {
  return {
    isRunning: false,
    starts: 0,
    repeats: 0,
    stillMs: 0,
    start() {
      this.isRunning = true;
      this.starts += 1;
    },
    stop() {
      this.isRunning = false;
    },
    repeat() {
      this.repeats += 1;
    },
  };
}

/** Writes down what it is told, by the names of its methods. */
function fakeStats() {
  const told = [];
  const note = (name) => (value) => told.push(value === undefined ? [name] : [name, value]);
  return {
    told,
    of: (name) => told.filter(([what]) => what === name).map(([, value]) => value),
    ...Object.fromEntries(
      ["frameSent", "frameAnswered", "frameDropped", "slowedDown", "connectionChanged"].map((name) => [name, note(name)]),
    ),
  };
}

/** The whole stream, with a real socket client, pacing and store; only browser and server are played. */
export function setUp() {
  const clock = new FakeClock();
  const wall = { extra: 0, hidden: false };
  const Sockets = fakeWebSocketClass();
  const store = new Store(initialState("first"));
  const pacing = new Pacing(clock.now);
  const quality = new Quality(clock.now);
  const [picture, pump, stats] = [fakePicture(), fakePump(), fakeStats()];
  const devices = { refreshes: 0, async refresh() { this.refreshes += 1; } };
  const socket = new StreamSocket({
    url: () => store.state.pipelineId,
    WebSocket: Sockets,
    clock,
    random: () => 0.5,
    events: {
      connectionChanged: (connection) => live.connectionChanged(connection),
      messageReceived: (message) => live.messageReceived(message),
      failed: (failure) => live.failed(failure),
    },
  });
  const live = new Live({
    store, picture, devices, socket, pump, pacing, quality, stats, clock,
    encoder: { place: "worker" },
    wallClock: () => clock.now() + wall.extra,
    isHidden: () => wall.hidden,
  });
  const streaming = async () => {
    await live.start();
    Sockets.last.opens();
  };
  /** A frame goes out, as the pump sends it. */
  const sends = (size = SIZE) => {
    const takenAt = clock.now();
    const frameIndex = pacing.sent(takenAt);
    live.frameSent(frameIndex, { jpeg: { size: 30_000, frameIndex }, size, takenAt });
    return frameIndex;
  };
  /** A frame goes out and is answered at once. */
  const answered = () => Sockets.last.says(result(sends()));
  /** Time passes while the page looks after its stream twice a second. */
  const watchFor = (ms) => {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      live.watch();
    }
  };
  return {
    clock, wall, Sockets, store, pacing, quality, picture, devices, pump, stats, live, streaming, sends, answered, watchFor,
  };
}
