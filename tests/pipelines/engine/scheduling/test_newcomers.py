"""Calls of sessions that have had no turn yet, beside calls that are paused."""

import asyncio

import pytest

from pipelines.engine.scheduling import fair_queue
from pipelines.engine.scheduling import slots as slots_module
from pipelines.engine.scheduling.fair_queue import FIRST_TURN_S, Usage
from pipelines.engine.scheduling.slots import Slots
from tests.pipelines.engine.scheduling.slot_work import Steps, begun, paused, run, until_waiting, used


async def test_a_paused_call_goes_on_before_a_newcomer_that_turns_out_to_take_long(
    slots: Slots, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """First frames of three strangers kept a short one paused until all of them were done."""
    monkeypatch.setattr(fair_queue, "FIRST_TURN_S", 0.001)
    short, newcomer = Steps("short", order), Steps("newcomer", order)
    first = await begun(slots, used(0.01), short)
    second = await paused(slots, short, Usage(), newcomer)
    await asyncio.sleep(0.1)
    newcomer.may_yield.set()
    assert [await first, await second] == ["short", "newcomer"]
    assert order == ["short begins", "newcomer begins", "short ends", "newcomer ends"]


async def test_whoever_goes_on_takes_the_slot_before_others_that_wait(
    slots: Slots, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no more calls are paused at once than may be, however many wait."""
    monkeypatch.setattr(fair_queue, "FIRST_TURN_S", 0.001)
    monkeypatch.setattr(slots_module, "MOST_PAUSED", 1)
    short, newcomer, other = (Steps(name, order) for name in ("short", "newcomer", "other"))
    other.may_yield.set()
    first = await begun(slots, used(0.01), short)
    second = await paused(slots, short, Usage(), newcomer)
    # It has used less than all, and takes less.
    third = asyncio.create_task(run(slots, Usage(until_s=-1.0, turn_s=0.001), other))
    await until_waiting(slots, 2)
    await asyncio.sleep(0.1)
    newcomer.may_yield.set()
    await asyncio.gather(first, second, third)
    assert order.index("short ends") < order.index("other begins")


async def test_a_short_call_is_not_paused_for_a_newcomer(slots: Slots, order: list[str]) -> None:
    short, newcomer = Steps("short", order), Steps("newcomer", order)
    newcomer.may_yield.set()
    first = await begun(slots, used(FIRST_TURN_S), short)
    second = asyncio.create_task(run(slots, Usage(), newcomer))
    await until_waiting(slots, 1)
    short.may_yield.set()
    await asyncio.gather(first, second)
    assert order == ["short begins", "short ends", "newcomer begins", "newcomer ends"]
