"""How long a frame has been worked on, without the time in which something was loaded for it."""

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
        self._since = clock()
        self._before_s = 0.0
        self._stands = False

    @property
    def spent_s(self) -> float:
        """Seconds so far."""
        return self._before_s if self._stands else self._before_s + self._clock() - self._since

    def measure(self, fn: Callable[[], R]) -> R:
        """Call `fn`, within which `loading` stops this clock."""
        self._since = self._clock()
        _frame.clock = self
        try:
            return fn()
        finally:
            _frame.clock = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The body does not count."""
        if self._stands:
            yield
            return
        self._before_s, self._stands = self.spent_s, True
        try:
            yield
        finally:
            self._since, self._stands = self._clock(), False


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
