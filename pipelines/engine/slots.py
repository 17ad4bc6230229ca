"""Slots: the right to run one frame now, handed out first come, first served."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

from pipelines.engine.slot_tuner import SlotTuner
from pipelines.errors import PipelineError

P = ParamSpec("P")
R = TypeVar("R")


class EngineClosed(PipelineError):
    """The engine is shutting down and hands out no more slots."""


class Slot:
    """The right to run one call at a time in one of the engine's own worker threads."""

    def __init__(self, workers: ThreadPoolExecutor) -> None:
        self._workers = workers
        self.work: Future[Any] | None = None

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `fn` in a worker thread and return what it returns, or raise what it raises; EngineClosed.

        When the awaiting task is cancelled it goes on at once; the thread cannot be stopped, so the slot
        itself stays taken until `fn` has returned.
        """
        if self.work is not None and not self.work.done():
            raise RuntimeError("A slot runs one call at a time")
        try:
            work = self._workers.submit(fn, *args, **kwargs)
        except RuntimeError as error:
            raise EngineClosed("The server is stopping") from error
        self.work = work
        return await asyncio.wrap_future(work)


class Slots:
    """Slots and as many worker threads; tasks of several event loops may wait.

    A free slot goes straight to the task that has waited longest, so nobody can overtake. With a tuner their
    number is what it says, up to `limit`.
    """

    def __init__(self, limit: int, tuner: SlotTuner | None = None) -> None:
        self._tuner = tuner
        self._count = tuner.count if tuner else limit
        self._free = self._count
        self._closed = False
        self._lock = threading.Lock()
        self._waiters: deque[_Waiter] = deque()
        self._workers = ThreadPoolExecutor(max_workers=limit, thread_name_prefix="slot")

    @property
    def count(self) -> int:
        """How many slots there are now."""
        return self._count

    @property
    def waiting(self) -> int:
        """How many tasks wait for a slot."""
        return len(self._waiters)

    @property
    def free(self) -> int:
        """How many slots nobody holds; below 0 while more are held than there are to be."""
        return self._free

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Slot]:
        """Wait for a slot and hold it for the body; raises EngineClosed."""
        await self._take()
        slot = Slot(self._workers)
        try:
            yield slot
        finally:
            if slot.work is None:
                self._give_back()
            else:
                slot.work.add_done_callback(lambda _: self._finished())

    def close(self) -> None:
        """Turn away who waits; what runs now runs to its end. May be called again."""
        with self._lock:
            self._closed = True
            waiters = list(self._waiters)
            self._waiters.clear()
        for waiter in waiters:
            waiter.tell(waiter.turn_away)
        self._workers.shutdown(wait=False)

    async def _take(self) -> None:
        with self._lock:
            if self._closed:
                raise EngineClosed("The server is stopping")
            if self._free > 0:
                self._free -= 1
                return
            waiter = _Waiter(self)
            self._waiters.append(waiter)
        try:
            await waiter.future
        except asyncio.CancelledError:
            self._forget(waiter)
            raise

    def _forget(self, waiter: "_Waiter") -> None:
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                return
        if waiter.granted:
            self._give_back()

    def _finished(self) -> None:
        """Give back a slot that was used; the tuner may change how many there are."""
        slots = 1
        if self._tuner:
            with self._lock:
                others = self._count - self._free - 1 + len(self._waiters)
                count = self._tuner.finished(others)
                slots += count - self._count
                self._count = count
        self._give_back(slots)

    def _give_back(self, slots: int = 1) -> None:
        """Hand each slot to the task that has waited longest, or keep it free."""
        with self._lock:
            self._free += slots
        while True:
            with self._lock:
                if self._free <= 0 or not self._waiters:
                    return
                self._free -= 1
                waiter = self._waiters.popleft()
            if not waiter.tell(waiter.grant):
                with self._lock:
                    self._free += 1


class _Waiter:
    """A task that waits, on its own event loop."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[None] = self._loop.create_future()

    @property
    def granted(self) -> bool:
        """The slot is this task's, even if it was cancelled before it could go on."""
        return self.future.done() and not self.future.cancelled() and self.future.exception() is None

    def tell(self, callback: Callable[[], None]) -> bool:
        """Run `callback` on the waiter's loop; False where that loop is gone."""
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            return False
        return True

    def grant(self) -> None:
        """On the loop: let the task go on, or pass the slot on where it was cancelled meanwhile."""
        if self.future.done():
            self._slots._give_back()
        else:
            self.future.set_result(None)

    def turn_away(self) -> None:
        """On the loop: the engine closes."""
        if not self.future.done():
            self.future.set_exception(EngineClosed("The server is stopping"))
