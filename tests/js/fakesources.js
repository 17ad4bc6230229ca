/** A camera's or a screen's track that does what the test says. */
export function fakeTrack({ label = "Front camera", deviceId = "one", facingMode } = {}) {
  return {
    label,
    muted: false,
    readyState: "live",
    onended: null,
    getSettings: () => ({ deviceId, facingMode }),
    stop() {
      this.readyState = "ended";
    },
    ends() {
      this.readyState = "ended";
      this.onended?.();
    },
  };
}

export function fakeStream(track = fakeTrack()) {
  return { track, getTracks: () => [track], getVideoTracks: () => [track] };
}

/** A video element: what it shows, and whether it plays. */
export class FakeVideo extends EventTarget {
  srcObject = null;
  videoWidth = 640;
  videoHeight = 480;
  readyState = 4;
  paused = true;
  loads = 0;
  /** Set to have the next `play()` do something else. */
  onplay = async () => {};
  #src = null;

  set src(url) {
    this.#src = url;
  }

  getAttribute() {
    return this.#src;
  }

  removeAttribute() {
    this.#src = null;
  }

  load() {
    this.loads += 1;
  }

  async play() {
    await this.onplay(this);
    this.paused = false;
  }
}

/** An error as browsers name them. */
export const named = (name, message = "Words of the browser") => Object.assign(new Error(message), { name });
