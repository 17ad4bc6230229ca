"""Outlines of oriented boxes, cut at the frame's edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.results.polygons import Point, area_of, on_frame, polygon_px

DIAMOND = [(0.0, -50.0), (50.0, 0.0), (0.0, 50.0), (-50.0, 0.0)]
SQUARE = [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)]


def test_what_lies_on_the_frame_stays_as_it_is() -> None:
    assert on_frame(SQUARE, 100, 100) == SQUARE


def test_a_corner_beyond_the_edge_is_cut_off() -> None:
    cut = on_frame(DIAMOND, 100, 100)

    assert set(cut) == {(0, 0), (50, 0), (0, 50)}
    assert area_of(cut) == 1250


@pytest.mark.parametrize("away", [(-200, 0), (200, 0), (0, -200), (0, 200)])
def test_nothing_is_left_of_what_lies_beyond(away: tuple[int, int]) -> None:
    assert on_frame([(x + away[0], y + away[1]) for x, y in DIAMOND], 100, 100) == []


@given(
    centre=st.tuples(st.floats(-20, 120), st.floats(-20, 120)),
    half=st.tuples(st.floats(1, 80), st.floats(1, 80)),
)
def test_an_upright_box_is_cut_to_its_part_on_the_frame(centre: Point, half: Point) -> None:
    (x, y), (w, h) = centre, half
    cut = on_frame([(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)], 100, 100)

    wide, high = (
        max(0, min(at + side, 100) - max(at - side, 0)) for at, side in zip(centre, half, strict=True)
    )
    assert area_of(cut) == pytest.approx(wide * high, abs=0.02 * (wide + high) + 0.01)
    assert all(0 <= number <= 100 for corner in cut for number in corner)


def test_corners_in_pixels() -> None:
    corners = [[0.1, 0.2], [0.2, 0.2], [0.2, 0.4], [0.1, 0.4]]

    assert polygon_px({"polygon": corners}, 200, 100) == [(20, 20), (40, 20), (40, 40), (20, 40)]
    assert polygon_px({}, 200, 100) == polygon_px({"polygon": None}, 200, 100) == []
    assert polygon_px({"polygon": [[None, 0.2], *corners[1:]]}, 200, 100) == []
