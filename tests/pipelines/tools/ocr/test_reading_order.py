"""Lines come in the order in which a person reads them."""

import math
import random
from dataclasses import replace
from itertools import permutations

import pytest

from pipelines.detections import Detection
from pipelines.tools.ocr.line_axes import turned
from pipelines.tools.ocr.reading_order import gap_between_columns, reading_order, text_of
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, line_at


def line(text: str, x: float, y: float, h: float = 0.05, w: float = 0.2) -> Detection:
    return Detection(x, y, w, h, "text", 0.9, text=text or None)


def column(name: str, x: float, rows: int, y: float = 0.2, w: float = 0.35) -> list[Detection]:
    """Running text; its lines begin and end a little apart."""
    return [
        line(f"{name}{row}", x + 0.01 * (row % 2), y + 0.05 * row, 0.03, w - 0.02 * (row % 3))
        for row in range(rows)
    ]


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
    "two columns": [*column("a", 0.05, 6), *column("b", 0.55, 5, y=0.21)],
    "three columns": [
        *column("a", 0.02, 4, w=0.28),
        *column("b", 0.35, 4, w=0.28),
        *column("c", 0.68, 4, w=0.28),
    ],
    "a headline over columns and a line across below them": [
        line("HEAD", 0.05, 0.1, 0.06, 0.8),
        *column("a", 0.05, 4),
        *column("b", 0.55, 4),
        line("foot", 0.1, 0.6, 0.03, 0.8),
        *column("c", 0.05, 3, y=0.7),
        *column("d", 0.55, 3, y=0.7),
    ],
    "a picture's caption beside a column": [
        *column("a", 0.05, 2),
        line("caption", 0.55, 0.25, 0.03),
        *column("b", 0.05, 3, y=0.3),
    ],
    "names and prices": [
        cell
        for row in range(5)
        for cell in (
            line(f"dish{row}", 0.05, 0.2 + 0.1 * row, 0.04, 0.4),
            line(f"{row}.50", 0.8, 0.2 + 0.1 * row, 0.04, 0.1),
        )
    ],
    "one column after another": [*column("a", 0.05, 4), *column("b", 0.55, 4, y=0.6)],
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


class TestTurnedPages:
    """A page is read as its lines run, whichever way it is held."""

    PAGE = (("one", 0, 0, 200), ("two", -50, 30, 90), ("three", 60, 30, 90), ("four", 0, 60, 200))

    def page(self, degrees: float, at: tuple[float, float] = (320, 240)) -> list[Detection]:
        """A page of three rows, the second of two words, turned around a point."""
        lines = []
        for text, x, y, length in self.PAGE:
            dx, dy = turned((x, y), math.radians(degrees))
            lines.append(line_at((at[0] + dx, at[1] + dy), (length, 20), degrees, text=text))
        return lines

    @pytest.mark.parametrize("degrees", [0, 7, 30, 45, 90, 180, 270, -30])
    def test_lines_come_in_the_order_of_their_page(self, degrees: float) -> None:
        lines = self.page(degrees)

        for shuffled in permutations(lines):
            assert reading_order(shuffled, SIZE_WH) == lines
        assert text_of(lines[::-1], SIZE_WH) == "one\ntwo\nthree\nfour"

    def test_two_pages_held_differently_are_read_one_after_the_other(self) -> None:
        level, slanted = self.page(0, (150, 100)), self.page(60, (450, 240))[:3]

        assert reading_order([*slanted[::-1], *level[::-1]], SIZE_WH) == [*level, *slanted]

    def test_boxes_without_corners_are_of_the_level_page(self) -> None:
        lines = self.page(0)
        mixed = [lines[0], replace(lines[1], polygon=None), *lines[2:]]

        assert reading_order(mixed[::-1], SIZE_WH) == mixed


@pytest.mark.parametrize(("width", "gap"), [(0.375, 0.5), (0.37, 0.5), (0.38, None)])
def test_a_column_may_end_where_the_next_one_begins(width: float, gap: float | None) -> None:
    left = [line("a", 0.125, 0.1 * row, 0.03, width) for row in range(4)]
    right = [line("b", 0.5, 0.1 * row, 0.03, 0.375) for row in range(4)]
    assert gap_between_columns([*left, *right]) == gap
