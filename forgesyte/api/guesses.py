"""Counts guesses at a secret, so that nobody makes many."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_GUESSERS = 10_000


class Guesses:
    """At most `most` guesses of one guesser within `window_s` seconds; threads may use it at once.

    A guesser without a name is not limited. Of very many guessers those are forgotten that began first.
    """

    def __init__(self, most: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._made: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, guesser: str) -> float:
        """Count a guess that is about to be made; returns 0, or the seconds to wait where it may not be."""
        if not guesser:
            return 0.0
        with self._lock:
            now = self._clock()
            began_at, count = self._made.get(guesser, (now, 0))
            if now - began_at >= self._window_s:
                del self._made[guesser]
                began_at, count = now, 0
            if count >= self._most:
                return began_at + self._window_s - now
            self._made[guesser] = (began_at, count + 1)
            while len(self._made) > MAX_GUESSERS:
                self._made.popitem(last=False)
            return 0.0

    def forget(self, guesser: str) -> None:
        """The guess was right."""
        with self._lock:
            self._made.pop(guesser, None)


def in_words(seconds: float) -> str:
    """A duration in words, rounded up."""
    if seconds <= 90:
        return f"{max(int(-(-seconds // 1)), 1)} seconds" if seconds > 1 else "1 second"
    return f"{int(-(-seconds // 60))} minutes"
