"""Slots: the right to run one frame now; the session that has used the least time is next."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from pipelines.engine.scheduling.fair_queue import FairQueue, Usage
from pipelines.engine.scheduling.frame_clock import FrameClock
from pipelines.engine.scheduling.slot_tuner import SlotTuner
from pipelines.errors import PipelineError

P = ParamSpec("P")
R = TypeVar("R")
# When a frame has held its slot for so long and others wait, they get another slot in its place; no more than
# so many at once, because threads that never end cannot be stopped.
LEND_AFTER_S = 1.0
MOST_LENT = 4
# Who waits looks so often in that time.
CHECKS = 4


class EngineClosed(PipelineError):
    """The engine is shutting down and hands out no more slots."""


class Slot:
    """The right to run one call at a time in one of the engine's own worker threads."""

    def __init__(self, workers: ThreadPoolExecutor, usage: Usage) -> None:
        self._workers = workers
        self.usage = usage
        self._clock = FrameClock()
        self.work: Future[Any] | None = None
        # Somebody else has got a slot in the place of this one.
        self.lent = False

    @property
    def runs_for_s(self) -> float:
        """Seconds that its call has run, without loading; 0 where none runs."""
        return self.took_s if self.work and not self.work.done() else 0.0

    @property
    def took_s(self) -> float:
        """Seconds since its last call began, without loading."""
        return self._clock.spent_s

    async def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `fn` in a worker thread and return what it returns, or raise what it raises; EngineClosed.

        When the awaiting task is cancelled it goes on at once; the thread cannot be stopped, so the slot
        itself stays taken until `fn` has returned.
        """
        return await asyncio.wrap_future(self._submit(fn, *args, **kwargs))

    async def run_within(self, limit_s: float, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run`, and raise TimeoutError once it has run for `limit_s`, not counting what it loads.

        The thread goes on, as above.
        """
        work = asyncio.wrap_future(self._submit(fn, *args, **kwargs))
        work.add_done_callback(forget)
        left_s = limit_s
        while left_s > 0:
            done, _ = await asyncio.wait([work], timeout=left_s)
            if done:
                return work.result()
            left_s = limit_s - self._clock.spent_s
        raise TimeoutError

    def _submit(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        if self.work is not None and not self.work.done():
            raise RuntimeError("A slot runs one call at a time")
        clock = self._clock = FrameClock()
        try:
            work = self._workers.submit(clock.measure, partial(fn, *args, **kwargs))
        except RuntimeError as error:
            raise EngineClosed("The server is stopping") from error
        self.work = work
        return work


class Slots:
    """Slots and worker threads for them; tasks of several event loops may wait.

    A free slot goes straight to the waiting task whose session has used the least time: see FairQueue. With a
    tuner their number is what it says, up to `limit`. While tasks wait, a slot whose call has run for
    `lend_after_s` is lent: somebody else gets one in its place, until the call is over. At most MOST_LENT are
    lent at once.
    """

    def __init__(
        self, limit: int, tuner: SlotTuner | None = None, lend_after_s: float = LEND_AFTER_S
    ) -> None:
        self._lend_after_s = lend_after_s
        self._lent = 0
        self._held: set[Slot] = set()
        self._tuner = tuner
        self._count = tuner.count if tuner else limit
        self._free = self._count
        self._closed = False
        self._lock = threading.Lock()
        self._waiters: FairQueue[_Waiter] = FairQueue()
        self._workers = ThreadPoolExecutor(max_workers=limit + MOST_LENT, thread_name_prefix="slot")

    @property
    def count(self) -> int:
        """The number of slots there are now."""
        return self._count

    @property
    def waiting(self) -> int:
        """The number of tasks that wait for a slot."""
        return len(self._waiters)

    @property
    def lent(self) -> int:
        """The number of calls that run beside the slots, because they take too long."""
        return self._lent

    @property
    def free(self) -> int:
        """The number of slots that nobody holds; below 0 while more are held than there are to be."""
        return self._free

    @asynccontextmanager
    async def acquire(self, usage: Usage | None = None) -> AsyncIterator[Slot]:
        """Wait for a slot and hold it for the body; raises EngineClosed.

        What has the same `usage` has one share together; without it, each call counts as a new session.
        """
        usage = usage or Usage()
        await self._take(usage)
        slot = Slot(self._workers, usage)
        with self._lock:
            self._held.add(slot)
        try:
            yield slot
        finally:
            if slot.work is None:
                with self._lock:
                    self._held.remove(slot)
                self._give_back()
            else:
                slot.work.add_done_callback(lambda _: self._finished(slot))

    def close(self) -> None:
        """Turn away who waits; what runs now runs to its end. May be called again."""
        with self._lock:
            self._closed = True
            waiters = self._waiters.clear()
        for waiter in waiters:
            waiter.tell(waiter.turn_away)
        self._workers.shutdown(wait=False)

    async def _take(self, usage: Usage) -> None:
        with self._lock:
            if self._closed:
                raise EngineClosed("The server is stopping")
            if self._free > 0:
                self._free -= 1
                self._waiters.enter(usage)
                return
            waiter = _Waiter(self)
            self._waiters.push(waiter, usage)
        waiter.watch(self._lend_after_s / CHECKS)
        try:
            await waiter.future
        except asyncio.CancelledError:
            self._forget(waiter)
            raise
        finally:
            waiter.unwatch()

    def _lend(self) -> None:
        """Let those who wait have slots in the place of those that are held too long."""
        slots = 0
        with self._lock:
            for slot in self._held:
                if self._lent < MOST_LENT and not slot.lent and slot.runs_for_s >= self._lend_after_s:
                    slot.lent = True
                    self._lent += 1
                    slots += 1
        self._give_back(slots)

    def _forget(self, waiter: "_Waiter") -> None:
        with self._lock:
            if self._waiters.remove(waiter):
                return
        if waiter.granted:
            self._give_back()

    def _finished(self, slot: Slot) -> None:
        """Give back a slot that was used, unless it was lent; the tuner may change how many there are."""
        with self._lock:
            self._held.remove(slot)
            self._waiters.charge(slot.usage, slot.took_s)
            if slot.lent:
                self._lent -= 1
                return
        slots = 1
        if self._tuner:
            with self._lock:
                others = self._count - self._free - 1 + len(self._waiters)
                count = self._tuner.finished(others)
                slots += count - self._count
                self._count = count
        self._give_back(slots)

    def _give_back(self, slots: int = 1) -> None:
        """Hand each slot to the task that is next, or keep it free."""
        with self._lock:
            self._free += slots
        while True:
            with self._lock:
                if self._free <= 0 or not self._waiters:
                    return
                self._free -= 1
                waiter = self._waiters.pop()
            if not waiter.tell(waiter.grant):
                with self._lock:
                    self._free += 1


class _Waiter:
    """A task that waits, on its own event loop."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[None] = self._loop.create_future()
        self._check: asyncio.TimerHandle | None = None

    def watch(self, interval_s: float) -> None:
        """On the loop: see at intervals whether a slot is held for too long."""
        self._check = self._loop.call_later(interval_s, self._see, interval_s)

    def unwatch(self) -> None:
        """On the loop: the wait is over."""
        if self._check:
            self._check.cancel()

    def _see(self, interval_s: float) -> None:
        self._slots._lend()
        self.watch(interval_s)

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


def forget(work: asyncio.Future[Any]) -> None:
    """Take note of how a call ended, where nobody waits for it any more."""
    if not work.cancelled():
        work.exception()
