"""Lines in their own axes."""

import math

import pytest

from pipelines.detections import Detection
from pipelines.tools.ocr.follower import MARGIN, with_margin
from pipelines.tools.ocr.line_axes import (
    box_of,
    difference,
    direction_of,
    main_direction,
    moved_to,
    sides_of,
    span_of,
    turned,
)
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, line_at

ANGLES = (0, 7, 45, 90, 135, 180, 270, -30)


@pytest.mark.parametrize("degrees", ANGLES)
def test_a_line_has_its_own_direction_and_sides(degrees: float) -> None:
    line = line_at((320, 240), (200, 30), degrees)

    assert difference(direction_of(line, SIZE_WH), math.radians(degrees)) == pytest.approx(0, abs=1e-9)
    assert sides_of(line, SIZE_WH) == pytest.approx((200, 30))
    span = span_of(line, direction_of(line, SIZE_WH), SIZE_WH)
    assert (span.width, span.height) == pytest.approx((200, 30))


@pytest.mark.parametrize("degrees", ANGLES)
def test_a_span_of_its_own_axes_is_the_line_again(degrees: float) -> None:
    line = line_at((320, 240), (200, 30), degrees)
    direction = direction_of(line, SIZE_WH)

    again = box_of(span_of(line, direction, SIZE_WH), direction, SIZE_WH, line)

    for one, other in zip(again.polygon_pixels(SIZE_WH), line.polygon_pixels(SIZE_WH), strict=True):
        assert one == pytest.approx(other)


def test_a_box_that_would_leave_the_frame_stays_where_it_was() -> None:
    box = Detection(0.1, 0.1, 0.2, 0.2, "text", 0.9)

    assert moved_to(box, ((2, 2), (3, 2), (3, 3), (2, 3))) is box


@pytest.mark.parametrize(("one", "other", "apart"), [(0, 0, 0), (350, 10, 20), (-90, 90, 180), (370, 730, 0)])
def test_the_angle_between_directions(one: float, other: float, apart: float) -> None:
    assert math.degrees(difference(math.radians(one), math.radians(other))) == pytest.approx(apart, abs=1e-9)


def test_most_of_the_text_gives_the_direction() -> None:
    lines = [line_at((320, 240), (300, 20), 178), line_at((320, 300), (300, 20), -178)]
    short = [line_at((100, 100), (60, 20), 0) for _ in range(5)]

    assert difference(main_direction([*short, *lines], SIZE_WH), math.pi) == pytest.approx(0, abs=1e-9)


def test_points_turn_clockwise() -> None:
    assert turned((1, 0), math.pi / 2) == pytest.approx((0, 1))


class TestMargin:
    """The boxes that the follower compares."""

    def test_a_level_line_gets_air_all_around(self) -> None:
        line = line_at((320, 240), (200, 20))
        grown = with_margin(line, SIZE_WH)

        left, top, right, bottom = grown.xyxy_pixels(SIZE_WH)
        air = MARGIN * 20
        assert (left, top, right, bottom) == pytest.approx((220 - air, 230 - air, 420 + air, 250 + air))

    @pytest.mark.parametrize("degrees", [20, 45, 70])
    def test_slanted_neighbours_lie_on_less_of_each_other_than_their_hulls(self, degrees: float) -> None:
        below = turned((0, 24), math.radians(degrees))
        lines = (
            line_at((320, 240), (200, 20), degrees),
            line_at((320 + below[0], 240 + below[1]), (200, 20), degrees),
        )

        compared = [with_margin(line, SIZE_WH) for line in lines]
        assert overlap(*compared) < 0.85 * overlap(*lines)
        assert overlap(*compared) < 0.6


def overlap(one: Detection, other: Detection) -> float:
    """Intersection over union of the upright boxes."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return width * height / (one.w * one.h + other.w * other.h - width * height)
