"""Checks definitions that strangers send in a thread, one at a time: sessions are not late beside it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from forgesyte.api.limits import LimitReached, Places, Quota

T = TypeVar("T")

CODE = "too_many_checks"
MOST = 32
RETRY_AFTER_S = 1
# Beside a thread that is always busy in Python, every other one waits for the interpreter: one that worked
# for longer than the first of these, in seconds, rests for as long before the next check, at most the second.
LONG_S, MOST_REST_S = 0.02, 1.0
FULL = f"{MOST} definitions are being checked or wait for it: try again in a moment"


class OneAtATime:
    """Runs pieces of work in one thread, in their order; only so many may wait there."""

    def __init__(self, most: int = MOST) -> None:
        self._quota = Quota(most)
        self._places = Places()
        self._thread = ThreadPoolExecutor(1, "definition-checks")
        self._rest_s = 0.0

    async def run(self, work: Callable[[], T]) -> T:
        """Run the work in its turn and return its result; raises LimitReached where too much waits."""
        if self._places.take("", self._quota):
            raise LimitReached(CODE, FULL, RETRY_AFTER_S)
        future = self._thread.submit(self._rested, work)
        # The place is free when the work is over, and not when nobody waits for it any more.
        future.add_done_callback(lambda _: self._places.leave(""))
        return await asyncio.wrap_future(future)

    def _rested(self, work: Callable[[], T]) -> T:
        time.sleep(self._rest_s)
        begun = time.monotonic()
        try:
            return work()
        finally:
            took_s = time.monotonic() - begun
            self._rest_s = min(took_s, MOST_REST_S) if took_s > LONG_S else 0.0


checks = OneAtATime()
