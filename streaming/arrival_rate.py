"""Measures how fast frames arrive, so that work which can wait makes no frame late."""

from collections import deque
from statistics import median

REMEMBERED = 16
# After such a pause nothing is known of the frames to come.
PAUSE_S = 2.0


class ArrivalRate:
    """The intervals between the last frames of all sessions; times in seconds of one clock."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._intervals: deque[float] = deque(maxlen=REMEMBERED)

    def arrived(self, now: float) -> None:
        """A frame came in."""
        if self._last is not None and now - self._last < PAUSE_S:
            self._intervals.append(now - self._last)
        else:
            self._intervals.clear()
        self._last = now

    def next_due(self) -> float | None:
        """The time at which the next frame is expected; None if that is unknown."""
        if self._last is None or not self._intervals:
            return None
        return self._last + median(self._intervals)
