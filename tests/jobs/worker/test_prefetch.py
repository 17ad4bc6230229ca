"""Items are made ahead, but not far, and nothing is left when their user goes."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.worker.prefetch import Prefetch

PATIENCE_S = 60.0


def prefetch(items: Iterator[int], ahead: int, max_bytes: int = 1000) -> Prefetch[int]:
    """Each number takes as many bytes as it says."""
    return Prefetch(items, ahead=ahead, max_bytes=max_bytes, size_of=int)


def test_gives_everything_in_order() -> None:
    with prefetch(iter(range(100)), 3) as items:
        assert list(items) == list(range(100))
        assert next(items, None) is None, "the end stays the end"


def test_works_ahead_and_no_further() -> None:
    made: list[int] = []
    third = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    with prefetch(numbers(), ahead=2) as items:
        assert third.wait(PATIENCE_S)
        assert made == [0, 1, 2], "two wait and the third has no room"
        assert next(items) == 0


@pytest.mark.parametrize(
    ("sizes", "max_bytes", "made"),
    [
        ([40, 40, 40, 40], 100, [40, 40, 40]),
        ([500, 500, 500], 100, [500]),
        ([40, 500, 40], 100, [40, 500]),
        ([100, 1, 1], 100, [100, 1]),
    ],
    ids=[
        "some fit",
        "nothing is made behind one that is too large",
        "a large one waits for the others",
        "full is full",
    ],
)
def test_large_items_are_not_made_far_ahead(sizes: list[int], max_bytes: int, made: list[int]) -> None:
    begun: list[int] = []
    enough = threading.Event()

    def numbers() -> Iterator[int]:
        for size in sizes:
            assert not (begun and begun[-1] > max_bytes and items._ready), "the large one still waits"
            begun.append(size)
            if begun == made:
                enough.set()
            yield size

    with prefetch(numbers(), 10, max_bytes) as items:
        assert enough.wait(PATIENCE_S)
        for size in sizes:
            with items._changed:
                assert sum(items._ready) <= max(max_bytes, *items._ready, 0)
            assert next(items) == size


def test_what_it_raises_comes_in_its_turn() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with prefetch(numbers(), ahead=5) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="no more"):
            next(items)


@pytest.mark.parametrize("ahead", [1, 100])
def test_a_user_who_goes_early_leaves_nothing(ahead: int) -> None:
    closed_in: list[Any] = []

    def numbers() -> Iterator[int]:
        try:
            yield from range(50)
        finally:
            closed_in.append(threading.current_thread())

    with prefetch(numbers(), ahead=ahead) as items:
        assert next(items) == 0
    assert [thread.name for thread in closed_in] == ["prefetch"]
    assert not closed_in[0].is_alive()


def test_a_user_who_fails_is_not_kept_waiting() -> None:
    def fails() -> None:
        with prefetch(iter(range(50)), ahead=1):
            raise RuntimeError("the user's own")

    with pytest.raises(RuntimeError, match="the user's own"):
        fails()
