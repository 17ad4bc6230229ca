"""Calls are answered together where that costs nobody a wait that is worth a word."""

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from pipelines.engine.scheduling.batcher import Batcher

LIMIT_S = 60
NO_WAIT_S, LONG_S = 0.0, 100.0


@dataclass
class Worker:
    """Doubles numbers; `held` numbers wait until they may go on, and 13 is refused."""

    held: frozenset[int] = frozenset()
    batches: list[list[int]] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.batches.append(sorted(numbers))
        if self.held & set(numbers):
            self.began.set()
            assert self.may_end.wait(LIMIT_S)
        if 13 in numbers:
            raise ValueError("13 cannot be doubled")
        return [2 * number for number in numbers]


class Crowd:
    """Threads that call a batcher."""

    def __init__(self, batcher: Batcher[int, int], threads: ThreadPoolExecutor) -> None:
        self._batcher = batcher
        self._threads = threads
        self.begin = threads.submit

    def call(self, number: int, kind: Hashable = None) -> Future[int]:
        """Call from another thread, and come back once the call waits for company."""
        joined = len(self._waiting()) + 1
        answer = self._threads.submit(self._batcher.call, number, kind)
        self.until(lambda: len(self._waiting()) == joined)
        return answer

    def until(self, happened: Callable[[], bool]) -> None:
        with self._batcher._changed:
            assert self._batcher._changed.wait_for(happened, LIMIT_S)

    def _waiting(self) -> list[int]:
        return [number for batch in self._batcher._waiting for number in batch.items]


@contextmanager
def busy(
    *workers: Worker, most: int = 4, window_s: float = LONG_S, hold: int = 1
) -> Iterator[tuple[Batcher[int, int], Crowd]]:
    """A batcher whose first worker works on `hold` until it may end; it may at the end at the latest."""
    batcher: Batcher[int, int] = Batcher(workers, most, window_s=window_s)
    with ThreadPoolExecutor(12) as threads:
        crowd = Crowd(batcher, threads)
        crowd.begin(batcher.call, hold)
        holder = workers[-1]
        try:
            assert holder.began.wait(LIMIT_S)
            yield batcher, crowd
        finally:
            holder.may_end.set()


def holding(*numbers: int) -> Worker:
    return Worker(frozenset(numbers))


def test_a_lone_call_waits_for_nobody() -> None:
    worker = Worker()
    batcher: Batcher[int, int] = Batcher([worker], 8, window_s=LONG_S)
    assert [batcher.call(number) for number in (1, 2)] == [2, 4]
    assert worker.batches == [[1], [2]]


def test_calls_that_come_while_the_worker_is_busy_are_answered_together() -> None:
    worker = holding(1)
    with busy(worker) as (_, crowd):
        answers = [crowd.call(number) for number in (2, 3, 4)]
        worker.may_end.set()
        assert [answer.result(LIMIT_S) for answer in answers] == [4, 6, 8]
    assert worker.batches == [[1], [2, 3, 4]]


def test_a_batch_takes_no_more_than_so_many() -> None:
    worker = holding(1)
    with busy(worker, most=2) as (_, crowd):
        answers = [crowd.call(number) for number in (2, 3, 4)]
        worker.may_end.set()
        assert [answer.result(LIMIT_S) for answer in answers] == [4, 6, 8]
    assert worker.batches == [[1], [2, 3], [4]]


def test_calls_of_different_kinds_share_no_batch() -> None:
    worker = holding(1)
    with busy(worker) as (_, crowd):
        answers = [crowd.call(number, kind) for number, kind in ((2, "a"), (3, "b"), (4, "a"), (5, "b"))]
        worker.may_end.set()
        assert [answer.result(LIMIT_S) for answer in answers] == [4, 6, 8, 10]
    assert worker.batches == [[1], [2, 4], [3, 5]]


def test_a_full_batch_goes_to_an_idle_worker_at_once() -> None:
    idle, held = Worker(), holding(1)
    with busy(idle, held, most=2) as (batcher, crowd):
        first = crowd.call(2)
        assert batcher.call(3) == 6
        assert first.result(LIMIT_S) == 4
    assert idle.batches == [[2, 3]]


def test_a_full_batch_passes_one_that_waits_for_more() -> None:
    idle, held = Worker(), holding(1)
    with busy(idle, held, most=2) as (batcher, crowd):
        crowd.call(5, "other")
        first = crowd.call(2)
        assert batcher.call(3) == 6
        assert first.result(LIMIT_S) == 4
    assert sorted(idle.batches + held.batches) == [[1], [2, 3], [5]]


@pytest.mark.parametrize("window_s", [NO_WAIT_S, 0.002])
def test_once_the_window_is_over_a_call_goes_alone(window_s: float) -> None:
    idle, held = Worker(), holding(1)
    with busy(idle, held, window_s=window_s) as (batcher, _):
        assert batcher.call(2) == 4
    assert idle.batches == [[2]]


def test_a_call_waits_no_longer_than_there_is_work() -> None:
    idle, held = Worker(), holding(1)
    with busy(idle, held) as (_, crowd):
        answer = crowd.call(2)
        assert not answer.done()
        held.may_end.set()
        assert answer.result(LIMIT_S) == 4


def test_a_failure_reaches_those_of_its_batch_and_nobody_else() -> None:
    worker = holding(1)
    with busy(worker, most=2) as (batcher, crowd):
        refused = [crowd.call(13), crowd.call(2)]
        fine = crowd.call(3)
        worker.may_end.set()
        for answer in refused:
            with pytest.raises(ValueError, match="13 cannot be doubled"):
                answer.result(LIMIT_S)
        assert fine.result(LIMIT_S) == 6
        assert batcher.call(4) == 8


def test_a_worker_that_answers_too_few_fails_all() -> None:
    batcher: Batcher[int, int] = Batcher([lambda numbers: []], 2)
    with pytest.raises(ValueError, match="shorter"):
        batcher.call(1)


def test_each_worker_has_one_batch_at_a_time_and_each_call_its_own_answer() -> None:
    inside = {0: threading.Lock(), 1: threading.Lock()}
    sizes: list[int] = []

    def worker(name: int) -> Callable[[Sequence[int]], Sequence[int]]:
        def work(numbers: Sequence[int]) -> Sequence[int]:
            assert inside[name].acquire(blocking=False)
            answers = [number + 1 for number in numbers]
            inside[name].release()
            return answers

        return work

    batcher: Batcher[int, int] = Batcher([worker(0), worker(1)], 3, window_s=0.0001, when_run=sizes.append)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: batcher.call(number, number % 2), range(2000)))
    assert answers == list(range(1, 2001))
    assert sum(sizes) == 2000
    assert max(sizes) <= 3
