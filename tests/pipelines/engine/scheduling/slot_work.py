"""Calls that a test lets begin and end, and waiting for what becomes of them."""

import asyncio
import threading
from collections.abc import Callable

from pipelines.engine.scheduling.fair_queue import Usage
from pipelines.engine.scheduling.slots import Slots
from pipelines.engine.scheduling.yielding import yield_slot

LIMIT_S = 60


class Work:
    """A call that a test lets begin and end."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.ended = threading.Event()

    def __call__(self) -> str:
        self.began.set()
        assert self.may_end.wait(LIMIT_S)
        self.ended.set()
        return "done"


async def when(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, LIMIT_S)


async def until(condition: Callable[[], bool]) -> None:
    """Yield to the event loop until the condition holds."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def until_waiting(slots: Slots, count: int) -> None:
    await until(lambda: slots.waiting == count)


async def until_free(slots: Slots, count: int) -> None:
    await until(lambda: slots.free == count)


async def run_in_slot(slots: Slots, work: Callable[[], str]) -> str:
    async with slots.acquire() as slot:
        return await slot.run(work)


class Steps:
    """A call of two steps, which gives way between them; it says when the first one is over."""

    def __init__(self, name: str, order: list[str]) -> None:
        self.began = threading.Event()
        self.may_yield = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self._name = name
        self._order = order

    def __call__(self) -> str:
        self._order.append(f"{self._name} begins")
        self.began.set()
        assert self.may_yield.wait(LIMIT_S)
        yield_slot()
        assert self.may_end.wait(LIMIT_S)
        self._order.append(f"{self._name} ends")
        return self._name


def used(turn_s: float | None) -> Usage:
    """A session whose last turn took so long."""
    return Usage(turn_s=turn_s)


async def run(slots: Slots, usage: Usage, call: Callable[[], str]) -> str:
    async with slots.acquire(usage) as slot:
        return await slot.run(call)


async def begun(slots: Slots, usage: Usage, call: Steps) -> asyncio.Task[str]:
    """A call that runs."""
    task = asyncio.create_task(run(slots, usage, call))
    await when(call.began)
    return task


async def paused(slots: Slots, long: Steps, usage: Usage, short: Steps) -> asyncio.Task[str]:
    """The short call, which runs while the long one is paused for it."""
    waiting = slots.waiting
    task = asyncio.create_task(run(slots, usage, short))
    await until_waiting(slots, waiting + 1)
    long.may_yield.set()
    await when(short.began)
    return task
