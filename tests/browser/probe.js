// Watches from outside of the page's own code what it sends, what it is answered, and what it shows of it.
(() => {
  const fresh = () => ({ sent: 0, answers: [], dropped: 0, slowDowns: 0, mostUnanswered: 0, shown: [] });
  let seen = fresh();

  class WatchedSocket extends WebSocket {
    #next = 1;
    #sentAt = new Map();

    constructor(...args) {
      super(...args);
      this.addEventListener("message", (event) => this.#heard(JSON.parse(event.data)));
    }

    send(data) {
      super.send(data);
      this.#sentAt.set(this.#next++, performance.now());
      seen.sent += 1;
      seen.mostUnanswered = Math.max(seen.mostUnanswered, this.#sentAt.size);
    }

    #heard({ frame_index: index, dropped, warning }) {
      if (warning === "slow_down") seen.slowDowns += 1;
      if (index === undefined) return;
      const at = performance.now();
      const latencyMs = at - this.#sentAt.get(index);
      this.#sentAt.delete(index);
      if (dropped) seen.dropped += 1;
      else seen.answers.push({ at, latencyMs });
    }
  }
  window.WebSocket = WatchedSocket;

  document.addEventListener("DOMContentLoaded", () => {
    const figure = document.getElementById("figure-delay");
    const note = () => seen.shown.push(figure.textContent);
    new MutationObserver(note).observe(figure, { childList: true, characterData: true, subtree: true });
  });

  window.probe = {
    /** The changes since the last call. */
    take() {
      const taken = seen;
      seen = fresh();
      return taken;
    },
    /** Frames answered a second within the last so many seconds. */
    fps(seconds) {
      const since = performance.now() - seconds * 1000;
      return seen.answers.filter(({ at }) => at > since).length / seconds;
    },
    get answered() {
      return seen.answers.length;
    },
  };
})();
