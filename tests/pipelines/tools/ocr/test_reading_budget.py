"""So much is read as there is time for, and a little where there is none."""

import pytest

from pipelines.engine.readers.text_reader import PixelBox
from pipelines.tools.base import RunContext
from pipelines.tools.ocr.reading_budget import MANY_UNREAD, ReadingBudget, weight

# Weights 6, 4 and 2: at first a millisecond each.
LONG, MIDDLE, SHORT = (0, 0, 100, 20), (0, 0, 60, 20), (0, 0, 20, 20)
BOXES: list[PixelBox] = [LONG, MIDDLE, SHORT]
NOW = 1000.0


def context(spare_ms: float | None, worked_ms: float = 0.0) -> RunContext:
    deadline = None if spare_ms is None else NOW + spare_ms / 1000
    return RunContext(1, deadline=deadline, begun=NOW - worked_ms / 1000)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (LONG, 6),
        ((0, 0, 10, 20), 1.5 + 2 * 3),  # may be a letter or a line that runs up or down
        ((0, 0, 10, 100), 2 * 11),
    ],
)
def test_a_line_costs_as_its_length_and_its_views(box: PixelBox, expected: float) -> None:
    assert weight(box) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("budget_ms", "spare_ms", "chosen"),
    [
        (None, None, [0, 1, 2]),
        (None, 36.1, [0, 1, 2]),  # a third of the time is for reading
        (None, 30.1, [0, 1]),
        (None, 24.1, [0, 2]),  # what is too much is passed over
        (None, 6.1, [2]),
        (None, 5.9, []),
        (7.0, None, [0]),
        (7.0, 100.0, [0]),
        (1.0, 100.0, [0]),  # one at least, where it makes nothing late
        (1.0, 5.0, []),
        (50.0, 10.1, [0, 1]),
        (50.0, -1.0, []),
    ],
)
def test_what_is_read(budget_ms: float | None, spare_ms: float | None, chosen: list[int]) -> None:
    assert ReadingBudget(budget_ms).affordable(BOXES, NOW, context(spare_ms)) == chosen


def test_nothing_costs_nothing() -> None:
    assert ReadingBudget(None).affordable([], NOW, context(-1.0, 1e9)) == []


def test_what_is_left_over_where_one_line_is_too_much_for_a_third() -> None:
    assert ReadingBudget(None).affordable([LONG], NOW, context(6.1)) == [0]


def test_a_tenth_of_the_work_pays_for_a_line_where_no_time_is_left() -> None:
    budget, late = ReadingBudget(None), context(0.0, worked_ms=20.5)
    chosen = [budget.affordable(BOXES, NOW, late) for _ in range(9)]
    assert chosen == [[], [], [0]] * 3


def test_the_cost_is_learnt() -> None:
    budget = ReadingBudget(None)
    for _ in range(30):
        budget.spent([LONG, SHORT], 80.0)
    # Ten milliseconds for a weight of one.
    assert budget.affordable(BOXES, NOW, context(3 * 59.0)) == [1]
    assert budget.affordable(BOXES, NOW, context(3 * 61.0)) == [0]


@pytest.mark.parametrize(("unread", "chosen"), [(MANY_UNREAD, []), (MANY_UNREAD + 1, [0, 1])])
def test_as_much_as_the_other_work_pays_for_lines_of_a_long_page(unread: int, chosen: list[int]) -> None:
    late = context(0.0, worked_ms=10.5)
    assert ReadingBudget(None).affordable(BOXES, NOW, late, unread) == chosen
