/** A canvas that writes down what was drawn on it since it was last cleared, in the units of its user. */
export function fakeCanvas() {
  const drawn = { boxes: [], words: [], plates: [], lines: [], pictures: [], clears: 0, measured: 0 };
  const empty = () => Object.assign(drawn, { boxes: [], words: [], plates: [], lines: [], pictures: [] });
  let path = [];
  const saved = [];
  const context = {
    transform: [1, 0, 0, 1, 0, 0],
    globalAlpha: 1,
    font: "",
    setTransform: (...matrix) => { context.transform = matrix; },
    translate: (x) => { context.transform = [context.transform[0], 0, 0, context.transform[3], context.transform[4] + x, 0]; },
    scale: (x, y) => { context.transform = [context.transform[0] * x, 0, 0, context.transform[3] * y, context.transform[4], 0]; },
    save: () => saved.push(context.transform),
    restore: () => { context.transform = saved.pop(); },
    clearRect: (...rect) => {
      empty();
      drawn.clears += 1;
      drawn.cleared = rect;
    },
    drawImage: (picture, ...rect) => {
      if (picture.isClosed) throw new Error("The picture is closed");
      drawn.pictures.push({ picture, rect, transform: context.transform });
    },
    strokeRect: (...box) => drawn.boxes.push({ box, colour: context.strokeStyle }),
    measureText: (words) => {
      drawn.measured += 1;
      return { width: words.length * (Number(/(\d+)px/.exec(context.font)?.[1]) || 10) * 0.5 };
    },
    beginPath: () => { path = []; },
    moveTo: (x, y) => path.push([x, y]),
    lineTo: (x, y) => path.push([x, y]),
    closePath: () => path.push(path[0]),
    stroke: () => {
      if (path.length > 0) drawn.lines.push({ path, alpha: context.globalAlpha, colour: context.strokeStyle });
    },
    roundRect: (x, y, width, height) => path.push({ x, y, width, height }),
    fill: () => drawn.plates.push({ ...path[0], colour: context.fillStyle }),
    fillText: (words, x, y) => drawn.words.push({ words, x, y, colour: context.fillStyle, font: context.font }),
  };
  const canvas = { getContext: () => context };
  // Setting a side empties a canvas and forgets its transform, as in a browser.
  for (const [side, first] of [["width", 300], ["height", 150]]) {
    let value = first;
    Object.defineProperty(canvas, side, {
      get: () => value,
      set: (next) => {
        value = next;
        context.transform = [1, 0, 0, 1, 0, 0];
        empty();
      },
    });
  }
  return { canvas, context, drawn };
}

/** The screen: calls back at its next frame, which comes when the test says so. */
export class FakeScreen {
  #callbacks = [];

  requestFrame = (callback) => {
    this.#callbacks.push(callback);
  };

  /** The number of callbacks that wait for the next frame. */
  get waiting() {
    return this.#callbacks.length;
  }

  frame() {
    const due = this.#callbacks;
    this.#callbacks = [];
    for (const callback of due) callback();
  }
}

/** Pictures that are decoded when the test says so. */
export class FakeDecoder {
  made = [];
  #waiting = [];

  decode = (jpeg) => new Promise((resolve, reject) => this.#waiting.push({ jpeg, resolve, reject }));

  get waiting() {
    return this.#waiting.map(({ jpeg }) => jpeg);
  }

  get open() {
    return this.made.filter((bitmap) => !bitmap.isClosed).map((bitmap) => bitmap.jpeg);
  }

  /** Finish the oldest, and let whoever waits for it go on. */
  async finish(size = { width: 640, height: 480 }) {
    const { jpeg, resolve } = this.#waiting.shift();
    const bitmap = { jpeg, ...size, isClosed: false, close: () => { bitmap.isClosed = true; } };
    this.made.push(bitmap);
    resolve(bitmap);
    await new Promise((done) => setImmediate(done));
  }

  async fail() {
    this.#waiting.shift().reject(new Error("Not a picture"));
    await new Promise((done) => setImmediate(done));
  }
}
