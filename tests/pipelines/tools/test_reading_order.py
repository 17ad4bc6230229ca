"""Lines come in the order in which a person reads them."""

import random

import pytest

from pipelines.detections import Detection
from pipelines.plugins.reading_order import reading_order, text_of


def line(text: str, x: float, y: float, h: float = 0.05) -> Detection:
    return Detection(x, y, 0.2, h, "text", 0.9, text=text or None)


PAGES = {
    "one column": [line("first", 0.1, 0.1), line("second", 0.1, 0.2), line("third", 0.1, 0.3)],
    "a row from left to right": [
        line("left", 0.1, 0.50),
        line("middle", 0.4, 0.51),
        line("right", 0.7, 0.49),
    ],
    "rows of a table": [
        line("a1", 0.1, 0.10),
        line("b1", 0.5, 0.11),
        line("a2", 0.1, 0.20),
        line("b2", 0.5, 0.19),
    ],
    "a headline beside small print": [line("BIG", 0.1, 0.1, 0.3), line("small", 0.5, 0.38, 0.03)],
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_from_top_to_bottom_and_from_left_to_right(page: list[Detection]) -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(page, len(page))
        assert reading_order(shuffled) == page


def test_boxes_that_nothing_was_read_in_leave_no_empty_line() -> None:
    assert text_of([line("first", 0.1, 0.1), line("", 0.1, 0.2), line("third", 0.1, 0.3)]) == "first\nthird"
    assert text_of([]) == ""
