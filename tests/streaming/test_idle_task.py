"""Work that waits for rest."""

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

    rest = IdleTask(work, after_s=0)
    rest.begin()
    rest.begin()

    assert await done(over)
    assert threads == ["idle-task"]


async def test_who_streams_again_disturbs_it() -> None:
    disturbed, over = threading.Event(), threading.Event()
    rest = IdleTask(disturbed.set, after_s=0)
    rest.begin()
    rest.disturb()
    IdleTask(over.set, after_s=0).begin()

    assert await done(over)
    assert not disturbed.is_set()
