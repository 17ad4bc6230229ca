"""Definitions are checked one at a time, and only so many wait."""

import asyncio
import threading

import pytest

from forgesyte.api.limits import LimitReached
from pipelines.definition_checks import OneAtATime


async def test_one_at_a_time_and_in_order() -> None:
    checks = OneAtATime()
    running, most, order = 0, 0, []

    def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        order.append(number)
        running -= 1
        return number

    async with asyncio.timeout(10):
        assert await asyncio.gather(*(checks.run(lambda n=n: work(n)) for n in range(20))) == list(range(20))  # type: ignore[misc]
    assert order == list(range(20))
    assert most == 1


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
