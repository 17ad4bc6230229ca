"""A call that nobody waits for any more: it ends at its next step."""

import asyncio

import pytest

from pipelines.engine.scheduling.slots import Slots
from pipelines.engine.scheduling.yielding import Abandoned
from tests.pipelines.engine.scheduling.slot_work import (
    Steps,
    begun,
    paused,
    run,
    until,
    until_free,
    until_waiting,
    used,
    when,
)


async def test_a_call_ends_at_its_next_step_once_nobody_waits_for_it(slots: Slots, order: list[str]) -> None:
    """The frames of clients that had left took the processors from those who stayed."""
    long = Steps("long", order)
    task = await begun(slots, used(1.0), long)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    long.may_yield.set()
    await until_free(slots, 1)
    assert order == ["long begins"]


async def test_the_next_call_in_the_slot_of_an_abandoned_one_runs_to_its_end(
    slots: Slots, order: list[str]
) -> None:
    long, next_one = Steps("long", order), Steps("next", order)
    next_one.may_yield.set()
    async with slots.acquire(used(1.0)) as slot:
        with pytest.raises(TimeoutError):
            await slot.run_within(0.01, long)
        long.may_yield.set()
        assert slot.work
        await until(slot.work.done)
        assert isinstance(slot.work.exception(), Abandoned)
        assert await slot.run(next_one) == "next"
    assert order == ["long begins", "next begins", "next ends"]


async def test_a_paused_call_ends_before_others_begin_once_nobody_waits_for_it(
    slots: Slots, order: list[str]
) -> None:
    """It kept one of the few places for paused calls from those whose clients were still there."""
    long, short, other = (Steps(name, order) for name in ("long", "short", "other"))
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), short)
    third = asyncio.create_task(run(slots, used(0.01), other))
    await until_waiting(slots, 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    short.may_yield.set()
    await when(other.began)
    assert slots.waiting == 0

    other.may_yield.set()
    assert [await second, await third] == ["short", "other"]
    await until_free(slots, 1)
