"""Measures how long a frame is worked on, without the time in which something is loaded for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")
_frame = threading.local()


class FrameClock:
    """Runs with one call in one thread; `spent_s` may be asked from any other."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # The seconds until it was last started or stopped, and when it was started, None while it stands.
        # Both change at once, because other threads read them.
        self._reading: tuple[float, float | None] = (0.0, clock())

    @property
    def spent_s(self) -> float:
        """Seconds so far."""
        now = self._clock()
        before_s, since = self._reading
        # It may have been started again after `now`.
        return before_s if since is None else before_s + max(now - since, 0.0)

    def measure(self, fn: Callable[[], R]) -> R:
        """Call `fn`, within which `loading` stops this clock."""
        self._reading = (0.0, self._clock())
        _frame.clock = self
        try:
            return fn()
        finally:
            _frame.clock = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The body does not count."""
        spent_s, since = self.spent_s, self._reading[1]
        if since is None:
            yield
            return
        self._reading = (spent_s, None)
        try:
            yield
        finally:
            self._reading = (spent_s, self._clock())


@contextmanager
def loading() -> Iterator[None]:
    """Load, compile or download in the body: a frame's time does not run meanwhile."""
    clock: FrameClock | None = getattr(_frame, "clock", None)
    if clock is None:
        yield
        return
    with clock.stopped():
        yield


def frame_clock() -> FrameClock:
    """The clock of the frame that this thread works on; outside of frames one that starts now."""
    clock: FrameClock | None = getattr(_frame, "clock", None)
    return clock or FrameClock()
