"""A long call gives its slot back between its steps: what takes much less runs in between."""

import asyncio
import os
import random
import sys
import threading
import time

import pytest

from pipelines.engine.scheduling import slot as slot_module
from pipelines.engine.scheduling import slots as slots_module
from pipelines.engine.scheduling.fair_queue import Usage
from pipelines.engine.scheduling.slot import EngineClosed
from pipelines.engine.scheduling.slots import LOWER_PRIORITY, MOST_LENT, MOST_PAUSED, Slots
from pipelines.engine.scheduling.yielding import (
    not_yielding,
    others_wait,
    pausable,
    yield_slot,
)
from tests.pipelines.engine.scheduling.slot_work import (
    LIMIT_S,
    Steps,
    Work,
    begun,
    paused,
    run,
    until,
    until_free,
    until_waiting,
    used,
    when,
)


async def test_a_short_call_runs_between_two_steps_of_a_long_one(slots: Slots, order: list[str]) -> None:
    """It waited for all of them: half a second and more, where it takes 20 ms."""
    long, short = Steps("long", order), Steps("short", order)
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), short)
    assert (slots.free, slots.waiting) == (0, 1)
    short.may_yield.set()

    assert [await first, await second] == ["long", "short"]
    assert order == ["long begins", "short begins", "short ends", "long ends"]
    await until_free(slots, 1)


async def test_pauses_are_not_charged_and_each_second_is_charged_once(slots: Slots, order: list[str]) -> None:
    usage, long, short = used(1.0), Steps("long", order), Steps("short", order)
    async with slots.acquire(usage) as slot:
        running = asyncio.create_task(slot.run(long))
        await when(long.began)
        second = await paused(slots, long, used(0.01), short)
        before_s = slot.took_s
        await asyncio.sleep(0.05)
        assert slot.took_s == before_s
        assert slot.paused_s >= 0.05
        assert slot.runs_for_s < 0.05
        short.may_yield.set()
        await asyncio.gather(running, second)
    await until_free(slots, 1)

    assert usage.until_s is not None
    assert usage.turn_s == slot.charged_s == pytest.approx(usage.until_s)


@pytest.mark.parametrize(
    ("own_s", "other_s"),
    [
        pytest.param(0.1, 0.1, id="equals: each would only be later"),
        pytest.param(1.0, 0.6, id="one that takes not much less"),
    ],
)
async def test_others_wait_until_it_is_over(
    slots: Slots, order: list[str], own_s: float, other_s: float
) -> None:
    one, other = Steps("one", order), Steps("other", order)
    other.may_yield.set()
    first = await begun(slots, used(own_s), one)
    second = asyncio.create_task(run(slots, used(other_s), other))
    await until_waiting(slots, 1)
    one.may_yield.set()
    await asyncio.gather(first, second)

    assert order == ["one begins", "one ends", "other begins", "other ends"]


async def test_who_has_used_more_waits_though_it_takes_less(slots: Slots, order: list[str]) -> None:
    """Many short frames are no way to more time than one's share."""
    long, short = Steps("long", order), Steps("short", order)
    short.may_yield.set()
    first = await begun(slots, used(1.0), long)
    second = asyncio.create_task(run(slots, Usage(until_s=LIMIT_S, turn_s=0.01), short))
    await until_waiting(slots, 1)
    long.may_yield.set()
    await asyncio.gather(first, second)

    assert order == ["long begins", "long ends", "short begins", "short ends"]


async def test_a_newcomer_yields_too(slots: Slots, order: list[str]) -> None:
    long, short = Steps("long", order), Steps("short", order)
    first = await begun(slots, Usage(), long)
    second = await paused(slots, long, used(0.05), short)
    short.may_yield.set()
    await asyncio.gather(first, second)
    assert order == ["long begins", "short begins", "short ends", "long ends"]


async def test_no_other_long_call_begins_while_one_is_paused(slots: Slots, order: list[str]) -> None:
    """By turns the pictures of all would be old when they are answered."""
    long, short, other = (Steps(name, order) for name in ("long", "short", "other"))
    other.may_yield.set()
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), short)
    third = asyncio.create_task(run(slots, used(1.0), other))
    await until_waiting(slots, 2)
    short.may_yield.set()
    await asyncio.gather(first, second, third)

    assert order == [
        f"{name} {step}"
        for name, step in (
            ("long", "begins"),
            ("short", "begins"),
            ("short", "ends"),
            ("long", "ends"),
            ("other", "begins"),
            ("other", "ends"),
        )
    ]


async def test_so_many_are_paused_at_once_and_no_more(slots: Slots, order: list[str]) -> None:
    """A paused call holds its picture and its network's numbers in memory."""
    calls = [Steps(str(number), order) for number in range(MOST_PAUSED + 2)]
    usages = [used(4.0**-number) for number in range(len(calls))]
    tasks = [await begun(slots, usages[0], calls[0])]
    for number in range(1, MOST_PAUSED + 1):
        tasks.append(await paused(slots, calls[number - 1], usages[number], calls[number]))
    last = asyncio.create_task(run(slots, usages[-1], calls[-1]))
    await until_waiting(slots, MOST_PAUSED + 1)
    calls[-1].may_yield.set()
    calls[-2].may_yield.set()
    await asyncio.gather(*tasks, last)

    assert order.index("2 ends") < order.index("3 begins")
    await until_free(slots, 1)


async def test_whoever_has_been_paused_for_long_goes_on_before_others_that_are_shorter(
    slots: Slots, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    long, short, newcomer = Steps("long", order), Steps("short", order), Steps("newcomer", order)
    newcomer.may_yield.set()
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), short)
    third = asyncio.create_task(run(slots, used(0.01), newcomer))
    await until_waiting(slots, 2)
    monkeypatch.setattr(slot_module, "PATIENCE_S", 0.0)
    short.may_yield.set()
    await asyncio.gather(first, second, third)
    assert order == [
        *("long begins", "short begins", "short ends", "long ends"),
        *("newcomer begins", "newcomer ends"),
    ]


async def test_the_pauses_of_a_call_have_its_limit(slots: Slots, order: list[str]) -> None:
    long, short = Steps("long", order), Steps("short", order)
    async with slots.acquire(used(1.0)) as slot:
        running = asyncio.create_task(slot.run_within(0.2, long))
        await when(long.began)
        second = await paused(slots, long, used(0.001), short)
        with pytest.raises(TimeoutError):
            await running
    assert order == ["long begins", "short begins"]
    short.may_yield.set()
    assert await second == "short"
    await until_free(slots, 1)


async def test_a_cancelled_task_whose_call_is_paused_leaves_no_hole(slots: Slots, order: list[str]) -> None:
    long, short = Steps("long", order), Steps("short", order)
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), short)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    short.may_yield.set()
    assert await second == "short"
    await until_free(slots, 1)
    assert order[-1] == "short ends"
    assert slots.waiting == 0


async def test_a_paused_call_goes_on_when_the_one_in_its_place_hangs(order: list[str]) -> None:
    slots = Slots(1, lend_after_s=0.02)
    long, hangs = Steps("long", order), Steps("hangs", order)
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), hangs)

    assert await first == "long"
    assert slots.lent == 1
    hangs.may_yield.set()
    assert await second == "hangs"
    await until_free(slots, 1)
    slots.close()


async def test_a_call_knows_whether_others_wait_for_its_slot(slots: Slots) -> None:
    assert not others_wait()
    async with slots.acquire() as slot:
        assert not await slot.run(others_wait)
        waiting = asyncio.create_task(run(slots, used(1.0), lambda: "waits"))
        await until_waiting(slots, 1)
        assert await slot.run(others_wait)
    await waiting


async def test_closing_lets_a_paused_call_run_to_its_end(slots: Slots, order: list[str]) -> None:
    long, short = Steps("long", order), Steps("short", order)
    first = await begun(slots, used(1.0), long)
    second = await paused(slots, long, used(0.01), short)
    slots.close()
    assert await first == "long"
    short.may_yield.set()
    assert await second == "short"
    with pytest.raises(EngineClosed):
        await run(slots, Usage(), Work())


async def test_after_the_closing_nobody_is_paused(slots: Slots, order: list[str]) -> None:
    long = Steps("long", order)
    first = await begun(slots, used(1.0), long)
    slots.close()
    long.may_yield.set()
    assert await first == "long"


async def test_where_nobody_waits_a_call_just_goes_on(slots: Slots, order: list[str]) -> None:
    alone = Steps("alone", order)
    alone.may_yield.set()
    assert await run(slots, used(1.0), alone) == "alone"


def test_outside_of_slots_nobody_is_waited_for() -> None:
    yield_slot()


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's own priority is set on Linux only")
async def test_what_runs_in_the_background_has_a_lower_priority() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    ours = Slots(1)
    behind = Slots(1, background=True)
    async with ours.acquire() as slot, behind.acquire() as other:
        assert await other.run(priority) == min(19, await slot.run(priority) + LOWER_PRIORITY)
    ours.close()
    behind.close()


def test_elsewhere_priorities_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "setpriority", lambda *_: pytest.fail("not there"))
    slots_module.work_in_background()


def test_what_others_would_wait_for_gives_no_way() -> None:
    pauses: list[str] = []

    def call() -> None:
        with not_yielding():
            yield_slot()
        yield_slot()

    pausable(lambda: pauses.append("pause"), call)
    assert pauses == ["pause"]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_paused_lent_and_abandoned_no_slot_is_lost(seed: int) -> None:
    chance = random.Random(seed)
    slots = Slots(chance.randint(1, 2), lend_after_s=0.003)
    usages = [used(chance.choice([None, 0.001, 0.01, 0.1])) for _ in range(6)]
    together = threading.BoundedSemaphore(slots.count + MOST_LENT)

    def steps(pauses_s: list[float]) -> None:
        for pause_s in pauses_s:
            assert together.acquire(blocking=False), "more run at once than there are slots"
            time.sleep(pause_s)
            together.release()
            yield_slot()

    async def session(usage: Usage) -> None:
        pauses_s = [chance.choice([0, 0.001, 0.006]) for _ in range(chance.randint(1, 8))]
        async with slots.acquire(usage) as slot:
            await slot.run_within(chance.choice([0.002, LIMIT_S]), steps, pauses_s)

    tasks = [asyncio.create_task(session(chance.choice(usages))) for _ in range(40)]
    for task in tasks:
        await asyncio.sleep(0.002)
        if chance.random() < 0.1:
            task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(end, TimeoutError | asyncio.CancelledError | None) for end in ended), ended
    # Calls whose slots were lent may run on for a moment.
    await until(lambda: (slots.free, slots.waiting, slots.lent) == (slots.count, 0, 0))
    slots.close()
