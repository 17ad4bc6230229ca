"""Slots: first come first served, never more at once than there are, never lost."""

import asyncio
import threading
import time
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engine.scheduling.fair_queue import Usage
from pipelines.engine.scheduling.slot import EngineClosed
from pipelines.engine.scheduling.slot_tuner import SlotTuner
from pipelines.engine.scheduling.slots import Slots
from tests.pipelines.engine.scheduling.slot_work import (
    LIMIT_S,
    Work,
    run_in_slot,
    until_free,
    until_waiting,
    when,
)


async def test_a_call_runs_in_a_worker_thread_and_its_result_comes_back(slots: Slots) -> None:
    async with slots.acquire() as slot:
        name = await slot.run(lambda word: f"{word} {threading.current_thread().name}", "ran in")
    assert name.startswith("ran in slot")


async def test_what_the_call_raises_comes_back_and_the_slot_is_free_again(slots: Slots) -> None:
    with pytest.raises(ZeroDivisionError):
        async with slots.acquire() as slot:
            await slot.run(lambda: 1 // 0)
    await until_free(slots, 1)


async def test_the_slot_is_given_back_when_the_body_raises(slots: Slots) -> None:
    with pytest.raises(KeyError):
        async with slots.acquire():
            raise KeyError
    assert slots.free == 1


async def test_one_slot_runs_one_call_at_a_time(slots: Slots) -> None:
    work = Work()
    async with slots.acquire() as slot:
        first = asyncio.create_task(slot.run(work))
        await when(work.began)
        with pytest.raises(RuntimeError, match="one call at a time"):
            await slot.run(lambda: None)
        work.may_end.set()
        assert await first == "done"
        assert await slot.run(lambda: "and again") == "and again"


async def test_who_waits_longest_is_next(slots: Slots) -> None:
    order: list[int] = []

    async def wait_for_turn(number: int) -> None:
        async with slots.acquire():
            order.append(number)

    async with asyncio.TaskGroup() as tasks, slots.acquire():
        for number in range(5):
            tasks.create_task(wait_for_turn(number))
            await until_waiting(slots, number + 1)
    assert order == [0, 1, 2, 3, 4]


async def test_whose_frames_took_long_waits_for_those_whose_did_not(slots: Slots) -> None:
    """By turns, a session whose frames cost five times as much had most of the time."""
    costly, polite = Usage(), Usage()
    order: list[str] = []

    async def take(name: str, usage: Usage) -> None:
        async with slots.acquire(usage):
            order.append(name)

    async with asyncio.TaskGroup() as tasks, slots.acquire(costly) as slot:
        await slot.run(time.sleep, 0.02)
        wanted = [("costly", costly), ("another costly", costly), ("polite", polite)]
        for number, (name, usage) in enumerate(wanted):
            tasks.create_task(take(name, usage))
            await until_waiting(slots, number + 1)
    assert order == ["polite", "costly", "another costly"]


async def test_a_newcomer_cannot_overtake_the_one_who_was_promised_the_slot(slots: Slots) -> None:
    order: list[str] = []

    async def take(name: str) -> None:
        async with slots.acquire():
            order.append(name)

    async with slots.acquire():
        patient = asyncio.create_task(take("patient"))
        await until_waiting(slots, 1)
    await take("newcomer")
    await patient
    assert order == ["patient", "newcomer"]


async def test_a_cancelled_waiter_leaves_no_hole(slots: Slots) -> None:
    async with slots.acquire():
        waiter = asyncio.create_task(slots.acquire().__aenter__())
        await until_waiting(slots, 1)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert slots.waiting == 0
    assert slots.free == 1


@pytest.mark.parametrize("steps", [0, 1])
async def test_a_waiter_cancelled_while_the_slot_is_on_its_way_passes_it_on(slots: Slots, steps: int) -> None:
    holder = slots.acquire()
    await holder.__aenter__()
    waiter = asyncio.create_task(slots.acquire().__aenter__())
    await until_waiting(slots, 1)
    await holder.__aexit__(None, None, None)
    for _ in range(steps):
        await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await until_free(slots, 1)


async def test_the_slot_stays_taken_until_an_abandoned_call_returns(slots: Slots) -> None:
    work = Work()
    task = asyncio.create_task(run_in_slot(slots, work))
    await when(work.began)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slots.free == 0
    next_one = asyncio.create_task(run_in_slot(slots, last := Work()))
    await until_waiting(slots, 1)
    assert not last.began.is_set()
    work.may_end.set()
    last.may_end.set()
    assert await next_one == "done"
    assert work.ended.is_set()
    await until_free(slots, 1)


async def test_a_deadline_frees_the_task_but_not_the_slot(slots: Slots) -> None:
    work = Work()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run_in_slot(slots, work)
    assert slots.free == 0
    work.may_end.set()
    await until_free(slots, 1)


async def test_closing_turns_away_who_waits_and_lets_the_running_call_end(slots: Slots) -> None:
    work = Work()
    running = asyncio.create_task(run_in_slot(slots, work))
    await when(work.began)
    waiting = asyncio.create_task(run_in_slot(slots, Work()))
    await until_waiting(slots, 1)
    slots.close()
    with pytest.raises(EngineClosed):
        await waiting
    work.may_end.set()
    assert await running == "done"
    with pytest.raises(EngineClosed):
        await run_in_slot(slots, Work())
    slots.close()


async def test_a_slot_that_was_won_before_the_closing_runs_nothing_after_it(slots: Slots) -> None:
    async with slots.acquire() as slot:
        slots.close()
        with pytest.raises(EngineClosed):
            await slot.run(lambda: None)


async def test_closing_may_meet_a_waiter_that_is_just_cancelled(slots: Slots) -> None:
    async with slots.acquire():
        waiter = asyncio.create_task(slots.acquire().__aenter__())
        await until_waiting(slots, 1)
        slots.close()
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter


def test_a_slot_serves_one_event_loop_after_another(slots: Slots) -> None:
    def served() -> str:
        return "served"

    async def once() -> str:
        async with slots.acquire() as slot:
            return await slot.run(served)

    assert [asyncio.run(once()) for _ in range(3)] == ["served"] * 3


def test_two_event_loops_share_a_slot(slots: Slots) -> None:
    work = Work()
    results: list[str] = []

    def loop_of_its_own() -> None:
        results.append(asyncio.run(run_in_slot(slots, work)))

    threads = [threading.Thread(target=loop_of_its_own) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert work.began.wait(LIMIT_S)
    work.may_end.set()
    for thread in threads:
        thread.join(LIMIT_S)
    assert results == ["done", "done"]


async def test_a_waiter_whose_loop_is_gone_is_passed_over(slots: Slots) -> None:
    async def leave_while_waiting() -> None:
        abandoned.append(asyncio.ensure_future(run_in_slot(slots, Work())))
        await until_waiting(slots, 1)

    def loop_that_ends_early() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(leave_while_waiting())
        loop.close()

    abandoned: list[asyncio.Task[str]] = []
    async with slots.acquire():
        await asyncio.to_thread(loop_that_ends_early)
    assert slots.free == 1
    # Python would complain about the task that its loop left behind, which is just what this test needs.
    abandoned[0]._log_destroy_pending = False  # type: ignore[attr-defined]


@settings(deadline=None, max_examples=60)
@given(
    count=st.integers(1, 3),
    fates=st.lists(st.sampled_from(["runs", "raises", "cancelled early", "cancelled later"]), max_size=12),
)
def test_whatever_happens_no_slot_is_lost_and_none_is_given_twice(count: int, fates: list[str]) -> None:
    lock = threading.Lock()
    now = most = 0

    def work(fate: str) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1
        if fate == "raises":
            raise ValueError(fate)

    async def session(slots: Slots, fate: str) -> None:
        async with slots.acquire() as slot:
            await slot.run(work, fate)

    async def everything() -> None:
        slots = Slots(count)
        tasks = [asyncio.create_task(session(slots, fate)) for fate in fates]
        for wanted in ("cancelled early", "cancelled later"):
            await asyncio.sleep(0)
            for task, fate in zip(tasks, fates, strict=True):
                if fate == wanted:
                    task.cancel()
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*tasks, return_exceptions=True)
        await until_free(slots, count)
        assert slots.waiting == 0
        slots.close()

    asyncio.run(everything())
    assert most <= count


class Orders:
    """A tuner that says what the test wants."""

    count = 1
    limit = 3

    def finished(self, others: int) -> int:
        return self.count


async def test_slots_come_and_go_as_the_tuner_says() -> None:
    orders = Orders()
    slots = Slots(3, cast(SlotTuner, orders))
    works = [Work() for _ in range(6)]
    runs = [asyncio.create_task(run_in_slot(slots, work)) for work in works]
    await when(works[0].began)
    await until_waiting(slots, 5)
    orders.count = 3
    works[0].may_end.set()
    for work in works[1:4]:
        await when(work.began)
    assert (slots.count, slots.free, slots.waiting) == (3, 0, 2)
    orders.count = 1
    works[1].may_end.set()
    await runs[1]
    assert (slots.count, slots.free, slots.waiting) == (1, -1, 2)
    works[2].may_end.set()
    await runs[2]
    assert (slots.free, slots.waiting) == (0, 2)
    assert not works[4].began.is_set()
    for work in works[3:]:
        work.may_end.set()
        await when(work.ended)
    await asyncio.gather(*runs)
    await until_free(slots, 1)
    slots.close()
