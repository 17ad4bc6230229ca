"""Measures how late timers of the event loop fire and how long the garbage collector stops the process."""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Callable

BEAT_S = 0.25
MOST_PAUSES = 1000

Observe = Callable[[float], None]


class LoopMonitor:
    """Between `start` and `stop`, a timer of the running event loop tells its delay four times a second.

    It also passes on the pauses of the garbage collector, which may begin anywhere, in the middle of a
    metric's lock too; that is why they are only noted where they happen. Used by one event loop at a time.
    """

    def __init__(self, loop_delay_s: Observe, gc_pause_s: Observe) -> None:
        self._loop_delay_s = loop_delay_s
        self._gc_pause_s = gc_pause_s
        self._timer: asyncio.TimerHandle | None = None
        self._pauses: deque[float] = deque(maxlen=MOST_PAUSES)
        self._pause_began = 0.0

    def start(self) -> None:
        """Begin, unless that was done already."""
        if self._timer is None:
            gc.callbacks.append(self._collector)
            self._timer = self._next_beat()

    def stop(self) -> None:
        """End, with what was noted since the last beat; may be called again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            gc.callbacks.remove(self._collector)
            self._tell_pauses()

    def _next_beat(self) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        due = loop.time() + BEAT_S
        return loop.call_at(due, self._beat, due)

    def _beat(self, due: float) -> None:
        self._loop_delay_s(max(0.0, asyncio.get_running_loop().time() - due))
        self._tell_pauses()
        self._timer = self._next_beat()

    def _collector(self, phase: str, info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._pause_began = now
        else:
            self._pauses.append(now - self._pause_began)

    def _tell_pauses(self) -> None:
        while self._pauses:
            self._gc_pause_s(self._pauses.popleft())
