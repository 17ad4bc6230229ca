"""Calls that a test lets begin and end, and waiting for what becomes of them."""

import asyncio
import threading
from collections.abc import Callable

from pipelines.engine.scheduling.slots import Slots

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
