/** Stands in for the clock: time passes only when a test says so. */
export class FakeClock {
  #time = 0;
  #nextId = 1;
  /** @type {Map<number, {at: number, callback: () => void}>} */
  #timers = new Map();

  now = () => this.#time;

  setTimeout = (callback, delayMs) => {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#time + delayMs, callback });
    return id;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  /** The number of callbacks that are waiting. */
  get waiting() {
    return this.#timers.size;
  }

  /** Advance the clock; what falls due runs at its own moment and in order. */
  advance(ms) {
    const end = this.#time + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      const [id, { at, callback }] = due;
      this.#timers.delete(id);
      this.#time = at;
      callback();
    }
    this.#time = end;
  }
}

/** A WebSocket class whose sockets do what the test says; `made` holds them in order. */
export function fakeWebSocketClass() {
  return class FakeWebSocket {
    static made = [];

    constructor(url) {
      this.url = url;
      this.readyState = 0;
      this.sent = [];
      this.closedWith = null;
      this.onopen = this.onmessage = this.onclose = null;
      FakeWebSocket.made.push(this);
    }

    static get last() {
      return FakeWebSocket.made.at(-1);
    }

    send(data) {
      this.sent.push(data);
    }

    close(code) {
      this.readyState = 3;
      this.closedWith = code;
    }

    // What the server does.

    opens() {
      this.readyState = 1;
      this.onopen?.();
    }

    says(message) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }

    ends(code) {
      this.readyState = 3;
      this.onclose?.({ code });
    }
  };
}

/** A repeatable source of chance (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Wait until promises have settled. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Stands in for an element of the page: what a test asserts of one, and its events. */
export class FakeElement extends EventTarget {
  textContent = "";
  hidden = false;
  disabled = false;
  value = "";
  dataset = {};
  attributes = {};
  children = [];

  constructor(fields = {}) {
    super();
    Object.assign(this, fields);
  }

  setAttribute(name, value) {
    this.attributes[name] = value;
  }

  append(child) {
    this.children.push(child);
    child.remove = () => { this.children = this.children.filter((other) => other !== child); };
  }

  replaceChildren(...children) {
    this.children = children;
  }

  click() {
    this.dispatchEvent(new Event("click"));
  }
}
