"""Several boxes of one line become one, and neighbouring lines stay apart."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.detections import Detection
from pipelines.engine.scheduling.yielding import pausable
from pipelines.tools.ocr.line_axes import turned
from pipelines.tools.ocr.line_joining import (
    any_belongs,
    belongs,
    hulls_meet,
    is_same_line,
    joined_lines,
    run_alike,
    shared_area,
)
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
    assert outlines(joined_lines(boxes, (1, 1))) == expected, "the frame's size does not matter"


@pytest.mark.parametrize(
    ("one", "other", "belong"),
    [
        pytest.param(line(0, 0, 0.5, 0.5, 1.0), line(0, 0.25, 0.5, 0.5, 0.5), True, id="half of a far worse"),
        pytest.param(line(0, 0, 0.5, 0.5, 1.0), line(0, 0.26, 0.5, 0.5, 0.5), False, id="less than half"),
        pytest.param(line(0, 0, 0.5, 0.5, 1.0), line(0, 0.25, 0.5, 0.5, 0.6), False, id="not far worse"),
        pytest.param(line(0, 0, 0.5, 0.5, 1.0), line(0, 0.25, 0.5, 0.5, 0.59), True, id="just far worse"),
        pytest.param(line(0, 0, 0.5, 0.25), line(0.25, 0.0625, 0.5, 0.25), True, id="heights that agree"),
        pytest.param(line(0, 0, 0.5, 0.25), line(0.25, 0.07, 0.5, 0.25), False, id="heights that do not"),
        pytest.param(line(0, 0, 0.5), line(0.34, 0, 0.5), True, id="ends that overlap"),
        pytest.param(line(0, 0, 0.5), line(0.36, 0, 0.5), False, id="ends that overlap too little"),
        pytest.param(line(0, 0, 0.5), line(0.5, 0, 0.5), False, id="ends that touch"),
    ],
)
@pytest.mark.parametrize("size_wh", [SIZE_WH, (1, 1)])
def test_two_boxes_belong_together(
    one: Detection, other: Detection, belong: bool, size_wh: tuple[int, int]
) -> None:
    assert belongs(other, one, size_wh) is belong
    assert belongs(one, other, size_wh) is belong


def test_a_box_reaches_to_the_left_as_well() -> None:
    (joined,) = joined_lines([line(0.3, 0.1, 0.5, score=0.9), line(0.1, 0.1, 0.4)], SIZE_WH)
    assert (joined.x, joined.x + joined.w) == pytest.approx((0.1, 0.8))


def test_a_page_of_lines_gives_way_to_short_calls_between_any_two() -> None:
    pauses: list[int] = []
    boxes = [line(0.1, 0.06 * row, 0.5, 0.05) for row in range(8)]
    pausable(lambda: pauses.append(1), lambda: joined_lines(boxes, SIZE_WH))
    assert len(pauses) == 2 * len(boxes), "one for each box, and one for each line that is left"


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
    assert any_belongs(joined, SIZE_WH) is False
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
        (mirrored,) = joined_lines([replace(part, score=1.7 - part.score) for part in parts], SIZE_WH)

        assert mirrored.polygon == pytest.approx(np.array(joined.polygon), abs=1e-6)
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

    @pytest.mark.parametrize(("degrees", "alike"), [(19, True), (21, False), (-161, True), (-159, False)])
    def test_lines_of_about_one_direction_run_alike(self, degrees: float, alike: bool) -> None:
        one, other = line_at((320, 240), (200, 20), 30), line_at((320, 240), (200, 20), 30 + degrees)

        assert run_alike(one, other, SIZE_WH) is alike
        assert run_alike(other, one, SIZE_WH) is alike

    def test_a_level_box_beside_a_slanted_line_shares_nothing_with_it(self) -> None:
        slanted, level = line_at((320, 240), (200, 20), 45), Detection(0.5, 0.3, 0.1, 0.1, "text", 0.5)
        assert hulls_meet(slanted, level)

        assert shared_area(level, slanted, SIZE_WH) == 0
        assert shared_area(slanted, level, SIZE_WH) == 0
        assert belongs(level, slanted, SIZE_WH) is False

    def test_of_a_level_box_on_a_slanted_line_two_corners_stand_out(self) -> None:
        slanted = line_at((320, 240), (200, 20), 45)
        level = Detection(310 / 640, 230 / 480, 20 / 640, 20 / 480, "text", 0.5)
        corner = (math.sqrt(200) - 10) ** 2

        assert shared_area(level, slanted, SIZE_WH) == pytest.approx(400 - 2 * corner, abs=0.1)
        assert shared_area(slanted, level, SIZE_WH) == pytest.approx(400 - 2 * corner, abs=0.1)

    def test_lines_that_cross_stay_apart(self) -> None:
        lines = [line_at((320, 240), (200, 20), 10), line_at((320, 240), (200, 20), 70)]

        assert is_same_line(lines[0], lines[1], SIZE_WH) is False
        assert joined_lines(lines, SIZE_WH) == lines

    def test_a_bad_guess_over_two_slanted_lines_goes(self) -> None:
        lines = [line_at((320, 240), (200, 20), 40), line_at((304, 259), (200, 20), 40)]
        guess = line_at((312, 249), (190, 42), 40, score=0.3)

        assert joined_lines([*lines, guess], SIZE_WH) == lines
