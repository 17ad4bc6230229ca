"""Counts the requests that each user makes in a minute."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 60.0
# Users that are counted at once; the one who began first is forgotten.
MOST_USERS = 10_000


class RequestRate:
    """Counts in windows of a minute, which begin with a user's first request; threads may use it at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[int, tuple[float, int]] = OrderedDict()

    def take(self, user_id: int, most: int | None) -> float:
        """Count a request; returns 0, or the seconds to wait where it is one more than `most`, if any."""
        with self._lock:
            began_at, count = self._window(user_id)
            if most is not None and count >= most:
                return began_at + WINDOW_S - self._clock()
            self._windows[user_id] = (began_at, count + 1)
            while len(self._windows) > MOST_USERS:
                self._windows.popitem(last=False)
            return 0.0

    def count(self, user_id: int) -> int:
        """The requests of the user's window."""
        with self._lock:
            return self._window(user_id)[1]

    def _window(self, user_id: int) -> tuple[float, int]:
        now = self._clock()
        began_at, count = self._windows.get(user_id, (now, 0))
        if now - began_at < WINDOW_S:
            return began_at, count
        del self._windows[user_id]
        return now, 0


# Of this process.
request_rate = RequestRate()
