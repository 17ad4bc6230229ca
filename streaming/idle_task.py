"""Runs some work once no session has streamed for a while."""

import asyncio
from collections.abc import Callable

from forgesyte.threads import daemon_thread


class IdleTask:
    """Runs `work` in a thread, once, after `after_s` seconds without a session; used on one event loop."""

    def __init__(self, work: Callable[[], None], after_s: float) -> None:
        self._work = work
        self._after_s = after_s
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self) -> None:
        """The last session has ended: run the work after a while; once, however often this is called."""
        self.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._after_s, self._start)

    def cancel(self) -> None:
        """A session has begun: do not run it; nothing happens where it was not scheduled."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        daemon_thread("idle-task", self._work).start()
