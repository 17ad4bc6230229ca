"""Several boxes of one line become one, and neighbouring lines stay apart."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.detections import Detection
from pipelines.tools.ocr.line_axes import turned
from pipelines.tools.ocr.line_joining import any_belongs, joined_lines
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, line_at


def line(x: float, y: float, w: float, h: float = 0.05, score: float = 0.5) -> Detection:
    return Detection(x, y, w, h, "text", score)


def outlines(boxes: Sequence[Detection]) -> list[tuple[float, float, float, float]]:
    return sorted((round(box.x, 3), round(box.y, 3), round(box.w, 3), round(box.h, 3)) for box in boxes)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [line(0.1, 0.1, 0.5, score=0.9), line(0.12, 0.105, 0.45)],
            [(0.1, 0.1, 0.5, 0.05)],
            id="twice the same",
        ),
        pytest.param([line(0.1, 0.1, 0.4), line(0.3, 0.1, 0.5)], [(0.1, 0.1, 0.7, 0.05)], id="two halves"),
        pytest.param(
            [line(0.1, 0.1, 0.3, score=0.9), line(0.6, 0.1, 0.3, score=0.8), line(0.25, 0.1, 0.5, score=0.4)],
            [(0.1, 0.1, 0.8, 0.05)],
            id="a third box joins two that lie apart",
        ),
        pytest.param(
            [line(0.1, 0.1, 0.3), line(0.45, 0.1, 0.3)],
            [(0.1, 0.1, 0.3, 0.05), (0.45, 0.1, 0.3, 0.05)],
            id="two columns",
        ),
        pytest.param(
            [line(0.1, 0.1, 0.5), line(0.1, 0.14, 0.5)],
            [(0.1, 0.1, 0.5, 0.05), (0.1, 0.14, 0.5, 0.05)],
            id="two lines that touch",
        ),
        pytest.param(
            [line(0.1, 0.1, 0.5, score=0.9), line(0.1, 0.15, 0.5, score=0.8), line(0.1, 0.1, 0.5, 0.1, 0.4)],
            [(0.1, 0.1, 0.5, 0.05), (0.1, 0.15, 0.5, 0.05)],
            id="a bad guess over two lines goes",
        ),
        pytest.param(
            [
                line(0.1, 0.1, 0.5, score=0.9),
                line(0.1, 0.15, 0.5, score=0.8),
                line(0.1, 0.125, 0.5, score=0.4),
            ],
            [(0.1, 0.1, 0.5, 0.05), (0.1, 0.15, 0.5, 0.05)],
            id="a bad guess between two lines goes",
        ),
        pytest.param(
            [line(0.1, 0.1, 0.5, 0.1, 0.9), line(0.1, 0.14, 0.5, 0.1, 0.8), line(0.1, 0.18, 0.5, 0.1, 0.85)],
            [(0.1, 0.1, 0.5, 0.1), (0.1, 0.14, 0.5, 0.1), (0.1, 0.18, 0.5, 0.1)],
            id="slanted lines stay, although their upright boxes overlap",
        ),
    ],
)
def test_boxes_become_lines(
    boxes: list[Detection], expected: list[tuple[float, float, float, float]]
) -> None:
    assert outlines(joined_lines(boxes, SIZE_WH)) == expected


def test_a_joined_box_is_its_best_part_made_wider() -> None:
    best = Detection(0.1, 0.1, 0.4, 0.05, "text", 0.9, track_id=7)
    (joined,) = joined_lines([line(0.3, 0.11, 0.5), best], SIZE_WH)
    assert (joined.score, joined.track_id, joined.y, joined.h) == (0.9, 7, 0.1, 0.05)
    assert joined.x + joined.w == pytest.approx(0.8)


fractions = st.floats(0, 0.5)
sizes = st.floats(0.01, 0.5)


@given(st.lists(st.builds(line, fractions, fractions, sizes, sizes, st.floats(0, 1)), max_size=30))
def test_what_is_left_needs_no_joining(boxes: list[Detection]) -> None:
    joined = joined_lines(boxes, SIZE_WH)
    assert len(joined) <= len(boxes)
    assert bool(joined) == bool(boxes)
    assert not any_belongs(joined)
    assert joined_lines(joined, SIZE_WH) == sorted(joined, key=lambda box: -box.score)


class TestTurnedLines:
    """Lines at an angle are joined along it, as level ones are."""

    @pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135, 180, -60])
    def test_two_parts_of_one_line_become_one_along_it(self, degrees: float) -> None:
        along = turned((40, 0), math.radians(degrees))
        parts = [
            line_at((320 - along[0], 240 - along[1]), (120, 20), degrees, score=0.9),
            line_at((320 + along[0], 240 + along[1]), (120, 20), degrees, score=0.8),
        ]
        (joined,) = joined_lines(parts, SIZE_WH)

        whole = line_at((320, 240), (200, 20), degrees, score=0.9)
        assert joined.polygon == pytest.approx(np.array(whole.polygon), abs=1e-6)
        assert (joined.x, joined.y, joined.w, joined.h) == pytest.approx((whole.x, whole.y, whole.w, whole.h))
        assert joined.score == 0.9

    def test_parts_that_were_found_upside_down_to_each_other_are_joined(self) -> None:
        parts = [line_at((280, 240), (120, 20), 92), line_at((280, 290), (120, 20), -88, score=0.8)]

        assert len(joined_lines(parts, SIZE_WH)) == 1

    @pytest.mark.parametrize("degrees", [30, 45, 80])
    def test_neighbouring_slanted_lines_stay_apart_although_their_hulls_overlap(self, degrees: float) -> None:
        down = turned((0, 24), math.radians(degrees))
        lines = [
            line_at((320, 240), (200, 20), degrees),
            line_at((320 + down[0], 240 + down[1]), (200, 20), degrees),
        ]

        assert joined_lines(lines, SIZE_WH) == lines

    def test_lines_that_cross_stay_apart(self) -> None:
        lines = [line_at((320, 240), (200, 20), 10), line_at((320, 240), (200, 20), 70)]

        assert joined_lines(lines, SIZE_WH) == lines

    def test_a_bad_guess_over_two_slanted_lines_goes(self) -> None:
        lines = [line_at((320, 240), (200, 20), 40), line_at((304, 259), (200, 20), 40)]
        guess = line_at((312, 249), (190, 42), 40, score=0.3)

        assert joined_lines([*lines, guess], SIZE_WH) == lines
