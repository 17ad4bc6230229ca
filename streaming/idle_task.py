"""Runs some work once no session has streamed for a while."""

import asyncio
import threading
from collections.abc import Callable


class IdleTask:
    """Runs `work` in a thread, once, after `after_s` seconds without a session; used on one event loop."""

    def __init__(self, work: Callable[[], None], after_s: float) -> None:
        self._work = work
        self._after_s = after_s
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on there is rest."""
        self.disturb()
        self._timer = asyncio.get_running_loop().call_later(self._after_s, self._start)

    def disturb(self) -> None:
        """The rest is over, or was never begun."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        threading.Thread(target=self._work, name="idle-task", daemon=True).start()
