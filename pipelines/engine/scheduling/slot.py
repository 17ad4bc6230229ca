"""One slot: the right to run one call at a time, and what its calls have taken."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from pipelines.engine.scheduling.fair_queue import PATIENCE_S, Usage
from pipelines.engine.scheduling.frame_clock import FrameClock
from pipelines.engine.scheduling.yielding import Abandoned, pausable
from pipelines.errors import PipelineError

P = ParamSpec("P")
R = TypeVar("R")


class EngineClosed(PipelineError):
    """The engine is shutting down and hands out no more slots."""


class Slot:
    """The right to run one call at a time in one of the engine's own worker threads."""

    def __init__(
        self,
        workers: ThreadPoolExecutor,
        usage: Usage,
        pause: Callable[["Slot"], None],
        others_wait: Callable[[], bool],
    ) -> None:
        self._workers = workers
        self.usage = usage
        self._pause = pause
        self._others_wait = others_wait
        self._clock = FrameClock()
        self.work: Future[Any] | None = None
        # Somebody else has got a slot in the place of this one.
        self.lent = False
        # The part of its time that its session was charged, and that at which it could be paused last.
        self.charged_s = 0.0
        self._yielded_s = 0.0
        # Nobody waits for its call any more.
        self._abandoned = False
        self._pauses_s = 0.0
        self._paused_since: float | None = None

    @property
    def runs_for_s(self) -> float:
        """Seconds that its call has run and gave no way, without loading; 0 where none runs."""
        return self.took_s - self._yielded_s if self.work and not self.work.done() else 0.0

    @property
    def is_next(self) -> bool:
        """True if its paused call goes on before all others: it ends at once, or was paused for too long."""
        return self._abandoned or self.pause_s >= PATIENCE_S

    @property
    def took_s(self) -> float:
        """Seconds since its last call began, without loading and pauses."""
        return self._clock.spent_s

    @property
    def paused_s(self) -> float:
        """Seconds for which its calls have been paused."""
        return self._pauses_s + self.pause_s

    @property
    def pause_s(self) -> float:
        """Seconds since its call was paused; 0 while it is not."""
        since = self._paused_since
        return 0.0 if since is None else time.monotonic() - since

    @contextmanager
    def paused(self) -> Iterator[None]:
        """In the call's thread: it is paused for the body."""
        self._paused_since = time.monotonic()
        try:
            with self._clock.stopped():
                yield
        finally:
            self._pauses_s, self._paused_since = self.paused_s, None

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `fn` in a worker thread and return what it returns, or raise what it raises; EngineClosed.

        When the awaiting task is cancelled it goes on at once. The thread ends where it yields its slot the
        next time, or else with `fn`; the slot itself stays taken until then.
        """
        work = self._submit(fn, *args, **kwargs)
        try:
            return await asyncio.wrap_future(work)
        finally:
            self._abandoned = not work.done()

    async def run_within(self, limit_s: float, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run as `run` does; raises TimeoutError once it has run for `limit_s`, not counting what it loads.

        Its pauses may take as long, too. The thread ends as above.
        """
        work = asyncio.wrap_future(self._submit(fn, *args, **kwargs))
        work.add_done_callback(forget)
        left_s = limit_s
        try:
            while left_s > 0:
                done, _ = await asyncio.wait([work], timeout=left_s)
                if done:
                    return work.result()
                left_s = limit_s - max(self._clock.spent_s, self.paused_s)
        finally:
            self._abandoned = not work.done()
        raise TimeoutError

    def _yield(self) -> None:
        """In the call's thread: let others go first for as long as they come before it; raises Abandoned."""
        self._yielded_s = self.took_s
        if not self._abandoned:
            self._pause(self)
        if self._abandoned:
            raise Abandoned

    def _submit(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        if self.work is not None and not self.work.done():
            raise RuntimeError("A slot runs one call at a time")
        clock = self._clock = FrameClock()
        self.charged_s = self._yielded_s = 0.0
        self._abandoned = False
        call = partial(clock.measure, partial(fn, *args, **kwargs))
        try:
            work = self._workers.submit(pausable, self._yield, call, self._others_wait)
        except RuntimeError as error:
            raise EngineClosed("The server is stopping") from error
        self.work = work
        return work


def forget(work: asyncio.Future[Any]) -> None:
    """Take note of how a call ended, where nobody waits for it any more."""
    if not work.cancelled():
        work.exception()
