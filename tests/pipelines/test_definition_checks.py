"""Definitions are checked one at a time, and only so many wait."""

import asyncio
import threading
import time
from functools import partial

import pytest

from forgesyte.api.limits import LimitReached
from pipelines.definition_checks import OneAtATime


async def test_one_at_a_time_and_in_order() -> None:
    checks = OneAtATime()
    begun = [threading.Event() for _ in range(6)]

    def work(number: int) -> bool:
        """True if the next one begins while this one is at work."""
        assert all(event.is_set() for event in begun[:number])
        begun[number].set()
        return begun[number + 1].wait(0.05)

    async with asyncio.timeout(60):
        beside = await asyncio.gather(*(checks.run(partial(work, number)) for number in range(5)))
    assert beside == [False] * 5


async def test_who_finds_too_many_waiting_is_told() -> None:
    checks = OneAtATime(most=2)
    go_on = threading.Event()
    first, second = (asyncio.create_task(checks.run(go_on.wait)) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(LimitReached, match="try again in a moment"):
        await checks.run(go_on.wait)
    first.cancel()
    with pytest.raises(LimitReached):
        await checks.run(go_on.wait)
    go_on.set()
    async with asyncio.timeout(10):
        assert await second
        assert await checks.run(go_on.wait)


async def test_what_the_work_raises_is_raised() -> None:
    checks = OneAtATime(most=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await checks.run(lambda: 1 // 0)


async def test_after_a_long_check_the_thread_rests_for_as_long() -> None:
    """Checks of 24,000 values, one after the other, made frames of live sessions late."""
    checks = OneAtATime()
    begun = time.monotonic()
    await checks.run(lambda: time.sleep(0.2))
    assert time.monotonic() - begun < 0.4
    await checks.run(lambda: None)
    assert time.monotonic() - begun >= 0.4
    quick = time.monotonic()
    for _ in range(3):
        await checks.run(lambda: None)
    assert time.monotonic() - quick < 0.2
