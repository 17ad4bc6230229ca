"""A call that does not end: who waits gets a slot in its place, and its task a TimeoutError."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from pipelines.engine.scheduling.frame_clock import frame_clock, loading
from pipelines.engine.scheduling.slots import MOST_LENT, Slots
from tests.pipelines.engine.scheduling.slot_work import (
    LIMIT_S,
    Work,
    run_in_slot,
    until,
    until_free,
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
