"""Zones and lines: which are any, who stands in them."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipelines.detections import Detection
from pipelines.tools.counting.regions import (
    Anchor,
    Line,
    Point,
    Zone,
    first_crossing,
    standing_points,
    within,
)

SQUARE = [(0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6)]
# Like the letter U: what lies between its arms is outside.
HOLLOW = [(0.0, 0.0), (0.2, 0.0), (0.2, 0.8), (0.8, 0.8), (0.8, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


def refusal(kind: Any, points: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(points)
    return caught.value.errors()[0]["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([], "A zone needs at least three points that differ, not 0"),
        ([(0.1, 0.1)] * 3, "A zone needs at least three points that differ, not 1"),
        ([(0.1, 0.1), (0.9, 0.9), (0.1, 0.1)], "A zone needs at least three points that differ, not 2"),
        ([(0.1, 0.1), (1.2, 0.1), (0.5, 0.5)], "(1.2, 0.1) is not on the frame: coordinates are fractions"),
        ([(0.1, 0.1), (float("nan"), 0.1), (0.5, 0.5)], "(nan, 0.1) is not on the frame"),
        ([(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)], "This zone has no area: its points lie on one line"),
        (
            [(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)],
            "The sides (0.1, 0.1)-(0.9, 0.9) and (0.9, 0.1)-(0.1, 0.9) of this zone cross",
        ),
        ([(0.5, 0.5 + step / 1000) for step in range(101)], "List should have at most 100 items"),
        ([(0.1, 0.1), (0.2, 0.1, 0.3), (0.5, 0.5)], "Tuple should have at most 2 items"),
    ],
)
def test_what_is_no_zone(points: list[Point], sentence: str) -> None:
    assert refusal(Zone, points).startswith(sentence)


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([(0.1, 0.1)], "A line has two points, not 1"),
        ([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)], "A line has two points, not 3"),
        ([(0.1, 0.1), (0.1, 0.1005)], "The two points of a line must differ"),
        ([(0.1, 0.1), (0.1, -0.2)], "(0.1, -0.2) is not on the frame"),
    ],
)
def test_what_is_no_line(points: list[Point], sentence: str) -> None:
    assert refusal(Line, points).startswith(sentence)


def test_a_zone_may_be_closed_and_may_touch_itself() -> None:
    zone = TypeAdapter(Zone)

    assert zone.validate_python([*SQUARE, SQUARE[0]]) == SQUARE
    touching = [(0.5, 0.5), (0.2, 0.2), (0.2, 0.8), (0.5, 0.5), (0.8, 0.8), (0.8, 0.2)]
    assert zone.validate_python(touching) == touching
    assert TypeAdapter(Line).validate_python([[0, 0.5], [1, 0.5]]) == [(0.0, 0.5), (1.0, 0.5)]


@pytest.mark.parametrize(
    ("corners", "point", "is_in"),
    [
        (SQUARE, (0.4, 0.4), True),
        (SQUARE[::-1], (0.4, 0.4), True),
        (SQUARE, (0.7, 0.4), False),
        (SQUARE, (0.1, 0.4), False),
        (SQUARE, (0.4, 0.1), False),
        (SQUARE, (0.4, 0.7), False),
        (HOLLOW, (0.1, 0.5), True),
        (HOLLOW, (0.9, 0.5), True),
        (HOLLOW, (0.5, 0.9), True),
        (HOLLOW, (0.5, 0.5), False),
        ([(0.5, 0.1), (0.9, 0.9), (0.1, 0.9)], (0.2, 0.2), False),
        ([(0.5, 0.1), (0.9, 0.9), (0.1, 0.9)], (0.5, 0.2), True),
    ],
)
def test_who_is_within(corners: list[Point], point: Point, is_in: bool) -> None:
    assert within(np.array([point]), corners).tolist() == [is_in]


def box(x: float, y: float, w: float = 0.2, h: float = 0.4) -> Detection:
    return Detection(x, y, w, h, "car", 0.9)


@pytest.mark.parametrize(("anchor", "expected"), [("bottom", (0.2, 0.6)), ("centre", (0.2, 0.4))])
def test_where_a_box_stands(anchor: Anchor, expected: Point) -> None:
    assert standing_points([box(0.1, 0.2)], anchor) == pytest.approx(np.array([expected]))
    assert standing_points([], anchor).shape == (0, 2)


def test_a_box_that_the_edge_of_the_frame_cuts_stands_on_the_frame() -> None:
    whole = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    cut = [box(0.4, 0.6), box(0.4, 0.6000001), box(0.9, 0.5, w=0.2), box(-0.1, 0.0)]

    assert within(standing_points(cut, "bottom"), whole).all()


def reference(points: list[Point]) -> bool:
    """True if any two sides cross between their ends; looks at each pair."""

    def parts(side: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
        (x1, y1), (x2, y2) = side
        first, second = ((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) for x, y in other)
        return first * second < 0

    sides = list(zip(points, [*points[1:], points[0]], strict=True))
    return any(parts(one, other) and parts(other, one) for one, other in combinations(sides, 2))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=8))
def test_sides_that_cross_are_found_as_one_by_one(corners: list[tuple[int, int]]) -> None:
    points = [(x / 8, y / 8) for x, y in corners]
    assert (first_crossing(points) is not None) == reference(points)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=8, unique=True),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=5),
)
def test_points_within_are_found_as_side_by_side(corners: list[tuple[int, int]], places: list[Point]) -> None:
    zone = [(x / 8, y / 8) for x, y in corners]
    points = np.asarray(places, np.float64).reshape(-1, 2)
    odd = np.zeros(len(points), np.bool_)
    for (x1, y1), (x2, y2) in zip(zone, [*zone[1:], zone[0]], strict=True):
        if y1 != y2:
            beyond = points[:, 0] < x1 + (points[:, 1] - y1) * (x2 - x1) / (y2 - y1)
            odd ^= ((y1 <= points[:, 1]) != (y2 <= points[:, 1])) & beyond
    assert within(points, zone).tolist() == odd.tolist()
