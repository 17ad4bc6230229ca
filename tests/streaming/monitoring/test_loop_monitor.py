"""Delays of the event loop and pauses of the garbage collector, measured while sessions are open."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from streaming.monitoring.loop_monitor import BEAT_S, MOST_PAUSES, LoopMonitor
from tests.streaming.conftest import Client, ready
from tests.streaming.fakes import PATIENCE_S, FakeEngine
from tests.streaming.samples import sample


class Heard:
    """The delays and pauses that a monitor has reported."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.pauses: list[float] = []
        self.beat = asyncio.Event()
        self.monitor = LoopMonitor(self.delay, self.pauses.append)

    def delay(self, seconds: float) -> None:
        self.delays.append(seconds)
        self.beat.set()

    async def next_beat(self) -> None:
        self.beat.clear()
        async with asyncio.timeout(PATIENCE_S):
            await self.beat.wait()


@pytest.fixture
def heard() -> Iterator[Heard]:
    callbacks = list(gc.callbacks)
    heard = Heard()
    yield heard
    heard.monitor.stop()
    assert gc.callbacks == callbacks


async def test_a_busy_loop_is_late(heard: Heard) -> None:
    loop = asyncio.get_running_loop()
    heard.monitor.start()
    busy_until = loop.time() + BEAT_S + 0.03
    while loop.time() < busy_until:
        pass
    await heard.next_beat()
    assert heard.delays[0] >= 0.03
    await heard.next_beat()
    assert min(heard.delays) >= 0, "and it goes on"


async def test_pauses_are_told_with_the_next_beat(heard: Heard) -> None:
    heard.monitor.start()
    gc.collect()
    assert heard.pauses == []
    await heard.next_beat()
    await heard.next_beat()
    assert heard.pauses
    assert all(pause > 0 for pause in heard.pauses)


async def test_the_last_pauses_are_told_at_the_end(heard: Heard) -> None:
    heard.monitor.start()
    gc.collect()
    heard.monitor.stop()
    assert heard.pauses
    told = len(heard.pauses)
    gc.collect()
    heard.monitor.stop()
    assert len(heard.pauses) == told


async def test_pauses_that_nobody_hears_of_are_bounded(heard: Heard) -> None:
    heard.monitor.start()
    for _ in range(MOST_PAUSES + 10):
        gc.collect(0)
    heard.monitor.stop()
    assert len(heard.pauses) == MOST_PAUSES


async def test_starting_twice_is_starting_once(heard: Heard) -> None:
    watched = len(gc.callbacks)
    heard.monitor.start()
    heard.monitor.start()
    assert len(gc.callbacks) == watched + 1


async def test_only_while_sessions_are_open(engine: FakeEngine) -> None:
    """An idle server measures nothing, so that it costs nothing."""
    watched = len(gc.callbacks)
    async with Client() as first:
        await ready(first, engine)
        async with Client() as second:
            await ready(second, engine)
            assert len(gc.callbacks) == watched + 1
        assert len(gc.callbacks) == watched + 1, "one session is left"
        before = sample("stream_gc_pause_seconds_count") or 0.0
        gc.collect()
    assert len(gc.callbacks) == watched
    assert (sample("stream_gc_pause_seconds_count") or 0.0) > before
