"""Work that waits until nobody streams."""

import asyncio
import threading

from streaming.idle_task import IdleTask
from tests.streaming.fakes import PATIENCE_S


async def done(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, PATIENCE_S)


async def test_it_is_done_in_a_thread_after_a_while() -> None:
    threads: list[str] = []
    over = threading.Event()

    def work() -> None:
        threads.append(threading.current_thread().name)
        over.set()

    task = IdleTask(work, after_s=0)
    task.schedule()
    task.schedule()

    assert await done(over)
    assert threads == ["idle-task"]


async def test_who_streams_again_cancels_it() -> None:
    done_anyway, over = threading.Event(), threading.Event()
    task = IdleTask(done_anyway.set, after_s=0)
    task.schedule()
    task.cancel()
    IdleTask(over.set, after_s=0).schedule()

    assert await done(over)
    assert not done_anyway.is_set()
