"""A call that does not end: who waits gets a slot in its place, and its task a TimeoutError."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from pipelines.engine.scheduling import slots as slots_module
from pipelines.engine.scheduling.frame_clock import frame_clock, loading
from pipelines.engine.scheduling.slots import MOST_LENT, Slots
from pipelines.engine.scheduling.yielding import yield_slot
from tests.pipelines.engine.scheduling.slot_work import (
    LIMIT_S,
    Steps,
    Work,
    begun,
    run,
    run_in_slot,
    until,
    until_free,
    until_waiting,
    used,
    when,
)


@pytest.fixture
def lending() -> Iterator[Slots]:
    made = Slots(1, lend_after_s=0.02)
    yield made
    made.close()


async def test_who_waits_for_a_call_that_does_not_end_gets_a_slot_in_its_place(lending: Slots) -> None:
    """A frame of 57 s let nobody else through."""
    hangs, quick = Work(), Work()
    first = asyncio.create_task(run_in_slot(lending, hangs))
    await when(hangs.began)
    quick.may_end.set()

    assert await run_in_slot(lending, quick) == "done"
    assert (lending.lent, lending.free) == (1, 1)

    hangs.may_end.set()
    assert await first == "done"
    await until(lambda: lending.lent == 0)
    assert lending.free == 1


async def test_only_so_many_are_lent_at_once_and_then_others_wait(lending: Slots) -> None:
    hanging = [Work() for _ in range(MOST_LENT + 1)]
    tasks = []
    for work in hanging:
        tasks.append(asyncio.create_task(run_in_slot(lending, work)))
        await when(work.began)
    last = Work()
    tasks.append(asyncio.create_task(run_in_slot(lending, last)))
    await until(lambda: lending.lent == MOST_LENT)
    await asyncio.sleep(0.1)
    assert not last.began.is_set()

    for work in [*hanging, last]:
        work.may_end.set()
    assert await asyncio.gather(*tasks) == ["done"] * len(tasks)
    await until(lambda: lending.lent == 0 and lending.free == 1)


async def test_nothing_is_lent_where_nobody_waits_or_something_is_loaded(lending: Slots) -> None:
    loads, quick = Work(), Work()

    def slow_start() -> str:
        with loading():
            return loads()

    first = asyncio.create_task(run_in_slot(lending, slow_start))
    await when(loads.began)
    await asyncio.sleep(0.1)
    assert lending.lent == 0
    second = asyncio.create_task(run_in_slot(lending, quick))
    await asyncio.sleep(0.1)
    assert (lending.lent, quick.began.is_set()) == (0, False)

    loads.may_end.set()
    quick.may_end.set()
    assert [await first, await second] == ["done", "done"]


async def test_a_call_that_takes_too_long_is_not_waited_for(slots: Slots) -> None:
    hangs = Work()
    async with slots.acquire() as slot:
        with pytest.raises(TimeoutError):
            await slot.run_within(0.01, hangs)
        assert slot.runs_for_s > 0
    assert slots.free == 0
    hangs.may_end.set()
    await until_free(slots, 1)
    assert slot.runs_for_s == 0


async def test_what_a_call_loads_does_not_count(slots: Slots) -> None:
    def load_for_long() -> str:
        with loading(), loading():
            time.sleep(0.8)
        return "done"

    async with slots.acquire() as slot:
        assert await slot.run_within(0.6, load_for_long) == "done"


async def test_a_call_within_its_limit_gives_what_it_gives(slots: Slots) -> None:
    async with slots.acquire() as slot:
        assert await slot.run_within(LIMIT_S, int, "7") == 7
        with pytest.raises(ValueError, match="invalid literal"):
            await slot.run_within(LIMIT_S, int, "seven")


def test_outside_of_frames_loading_changes_nothing() -> None:
    with loading():
        assert frame_clock().spent_s >= 0


async def lent(slots: Slots, call: Steps, other: Work) -> tuple[asyncio.Task[str], asyncio.Task[str]]:
    """A call that gave no way for so long that the other one runs beside it."""
    first = await begun(slots, used(1.0), call)
    second = asyncio.create_task(run(slots, used(0.01), other))
    await when(other.began)
    assert slots.lent == 1
    return first, second


async def test_a_call_in_whose_place_another_one_runs_waits_once_it_yields(order: list[str]) -> None:
    """Three long frames beside each other left the others a quarter of the processors each."""
    slots = Slots(1, lend_after_s=0.05)
    long, other = Steps("long", order), Work()
    first, second = await lent(slots, long, other)
    long.may_yield.set()
    await until(lambda: slots.lent == 0)
    assert (slots.waiting, slots.free) == (1, 0)
    assert order == ["long begins"]

    other.may_end.set()
    assert [await first, await second] == ["long", "done"]
    await until_free(slots, 1)
    slots.close()


async def test_it_stays_beside_the_other_one_where_no_more_may_be_paused(
    order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "MOST_PAUSED", 0)
    slots = Slots(1, lend_after_s=0.02)
    long, other = Steps("long", order), Work()
    first, second = await lent(slots, long, other)
    long.may_yield.set()
    assert await first == "long"

    other.may_end.set()
    await second
    await until(lambda: (slots.lent, slots.free) == (0, 1))
    slots.close()


async def test_a_call_in_whose_place_nobody_runs_any_more_goes_on_in_it(order: list[str]) -> None:
    slots = Slots(1, lend_after_s=0.02)
    long, other = Steps("long", order), Work()
    first, second = await lent(slots, long, other)
    other.may_end.set()
    await second
    await until_free(slots, 1)
    long.may_end.clear()
    long.may_yield.set()
    await until(lambda: slots.lent == 0)
    assert (slots.waiting, slots.free) == (0, 0)

    long.may_end.set()
    assert await first == "long"
    await until_free(slots, 1)
    slots.close()


async def test_a_call_that_yields_in_time_keeps_its_slot_for_itself(order: list[str]) -> None:
    slots = Slots(1, lend_after_s=0.2)
    may_end = threading.Event()

    def steps() -> str:
        while not may_end.wait(0.01):
            yield_slot()
        return "long"

    first = asyncio.create_task(run(slots, used(0.01), steps))
    await until_free(slots, 0)
    equal = asyncio.create_task(run(slots, used(10.0), lambda: "equal"))
    await until_waiting(slots, 1)
    await asyncio.sleep(0.5)
    assert (slots.lent, slots.waiting) == (0, 1)

    may_end.set()
    assert [await first, await equal] == ["long", "equal"]
    slots.close()
