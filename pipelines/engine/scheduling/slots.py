"""Slots: the right to run one frame now; the session that has used the least time is next."""

import asyncio
import math
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from pipelines.engine.scheduling.fair_queue import FIRST_TURN_S, FairQueue, Usage
from pipelines.engine.scheduling.slot import EngineClosed, Slot
from pipelines.engine.scheduling.slot_tuner import SlotTuner

# When a frame has held its slot for so long and others wait, they get another slot in its place; no more than
# so many at once, because threads that never end cannot be stopped.
LEND_AFTER_S = 1.0
MOST_LENT = 4
# Who waits looks so often in that time.
CHECKS = 4
# A call is paused for one that takes less than so much of its time: equals go on one after the other, for by
# turns each would only be later. So many are paused at once.
MUCH_SHORTER = 0.5
MOST_PAUSED = 2
# By so much the priority of threads in the background is lower, as `nice` counts: beside another one they get
# a quarter of a processor. With less, pictures would not be done in time on a machine that is busy otherwise.
LOWER_PRIORITY = 5


class Slots:
    """Slots and worker threads for them; tasks of several event loops may wait.

    A free slot goes straight to the waiting task whose session has used the least time: see FairQueue. With a
    tuner their number is what it says, up to `limit`. While tasks wait, a slot whose call has run for
    `lend_after_s` without yielding is lent: somebody else gets one in its place, until the call yields or is
    over. At most MOST_LENT are lent at once. A call that yields its slot (see yielding) is paused while one
    that is next takes much less; at most MOST_PAUSED are. With `background` the threads have a lower
    priority, where the system has one for threads.
    """

    def __init__(
        self,
        limit: int,
        tuner: SlotTuner | None = None,
        lend_after_s: float = LEND_AFTER_S,
        *,
        background: bool = False,
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
        self._paused: list[_PausedCall] = []
        self._workers = ThreadPoolExecutor(
            max_workers=limit + MOST_LENT + MOST_PAUSED,
            thread_name_prefix="slot",
            initializer=work_in_background if background else None,
        )

    @property
    def count(self) -> int:
        """The number of slots there are now."""
        return self._count

    @property
    def waiting(self) -> int:
        """The number of tasks and of paused calls that wait for a slot."""
        return len(self._waiters) + len(self._paused)

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
        slot = Slot(self._workers, usage, self._pause, lambda: self.waiting > 0)
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
            paused, self._paused = self._paused, []
        for waiter in waiters:
            waiter.tell(waiter.turn_away)
        for call in paused:
            call.may_go_on.set()
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
        """Hand out one slot more for each slot that is held too long, MOST_LENT at most."""
        slots = 0
        with self._lock:
            for slot in self._held:
                if self._lent < MOST_LENT and not slot.lent and slot.runs_for_s >= self._lend_after_s:
                    slot.lent = True
                    self._lent += 1
                    slots += 1
        self._give_back(slots)

    def _pause(self, slot: Slot) -> None:
        """In the thread of a call: let others go first for as long as they come before it."""
        if not self.waiting and not slot.lent:
            return
        with self._lock:
            self._charge(slot)
            # Somebody else has the place of a slot that was lent already.
            gives_back = not slot.lent
            if slot.lent:
                if self._free <= 0 and len(self._paused) >= MOST_PAUSED:
                    return
                self._end_loan(slot)
                if self._free > 0:
                    self._free -= 1
                    return
            elif (earlier := self._paused_before(slot)) is not None:
                # It takes the slot itself, so that no more calls are paused than before.
                self._go_on(earlier)
                gives_back = False
            elif not self._gives_way(slot):
                return
            self._held.remove(slot)
            call = _PausedCall(slot)
            self._paused.append(call)
        with slot.paused():
            self._give_back(int(gives_back))
            while not call.may_go_on.wait(self._lend_after_s / CHECKS):
                self._lend()
        with self._lock:
            self._held.add(slot)

    def _gives_way(self, slot: Slot) -> bool:
        """True if one that waits comes before this one and takes much less, and one more may be paused."""
        is_room = len(self._paused) < MOST_PAUSED
        return is_room and self._waiters.has_shorter(slot.usage, longest_turn(slot))

    def _paused_before(self, slot: Slot) -> "_PausedCall | None":
        """The paused call that is to go on in the place of this one, which runs: it takes much less."""
        if not self._paused:
            return None
        first = self._first_paused()
        # What runs for the first time may have been taken for shorter than it is.
        is_shorter = left_s(first.slot) < MUCH_SHORTER * max(slot.took_s, slot.usage.turn_s or 0.0)
        is_earlier = self._waiters.start_s(first.slot.usage) < self._waiters.start_s(slot.usage)
        return first if is_shorter and is_earlier else None

    def _go_on(self, call: "_PausedCall") -> None:
        self._paused.remove(call)
        call.may_go_on.set()

    def _first_paused(self) -> "_PausedCall":
        """The one that goes on before all others, or else has used least; of equals the one paused last.

        Many newcomers could come before one of them for ever.
        """
        for call in self._paused:
            if call.slot.is_next:
                return call
        return min(reversed(self._paused), key=lambda call: self._waiters.start_s(call.slot.usage))

    def _end_loan(self, slot: Slot) -> None:
        slot.lent = False
        self._lent -= 1

    def _charge(self, slot: Slot) -> None:
        took_s = slot.took_s
        self._waiters.charge(slot.usage, took_s - slot.charged_s)
        slot.charged_s = took_s

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
            self._charge(slot)
            slot.usage.turn_s = slot.charged_s
            if slot.lent:
                self._end_loan(slot)
                return
        slots = 1
        if self._tuner:
            with self._lock:
                others = self._count - self._free - 1 + self.waiting
                count = self._tuner.finished(others)
                slots += count - self._count
                self._count = count
        self._give_back(slots)

    def _give_back(self, slots: int = 1) -> None:
        """Hand each slot to the paused call or the task that is next, or keep it free."""
        with self._lock:
            self._free += slots
        while True:
            with self._lock:
                if self._free <= 0 or not self.waiting:
                    return
                self._free -= 1
                waiter = self._next()
            if waiter is not None and not waiter.tell(waiter.grant):
                with self._lock:
                    self._free += 1

    def _next(self) -> "_Waiter | None":
        """The one who gets a slot now; None for a paused call, which goes on.

        While one is paused no other long call begins: by turns both would be late.
        """
        if not self._paused:
            return self._waiters.pop()
        call = self._first_paused()
        slot = call.slot
        waiter = None if slot.is_next else self._waiters.pop_shorter(slot.usage, longest_turn(slot))
        if waiter is None:
            self._go_on(call)
        return waiter


class _PausedCall:
    """A call that waits in its own thread for a slot to go on in."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.may_go_on = threading.Event()


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


def longest_turn(slot: Slot) -> float:
    """A slot's call is paused for turns that are shorter than this, in seconds."""
    return MUCH_SHORTER * max(slot.took_s, slot.usage.turn_s or math.inf)


def left_s(slot: Slot) -> float:
    """For how many seconds more a call is expected to run: in all as long as its session's last one.

    One that has taken longer than that already is expected to take as long again.
    """
    turn_s = FIRST_TURN_S if slot.usage.turn_s is None else slot.usage.turn_s
    ahead_s = turn_s - slot.took_s
    return ahead_s if ahead_s > 0 else slot.took_s


def work_in_background() -> None:
    """Lower the priority of this thread for good, on Linux."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + LOWER_PRIORITY)
