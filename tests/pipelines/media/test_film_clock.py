from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.media.film_clock import GAP_S, JUMP_S, BestTimestamp, FilmClock, jump_of


def times(clock: list[float | None], *, begins_s: float = 0.0, jump_s: float = GAP_S) -> list[float]:
    film = FilmClock(begins_s, 0.1, jump_s=jump_s)
    return [film.moment(moment).time_s for moment in clock]


@pytest.mark.parametrize(
    ("clock", "begins_s", "expected"),
    [
        ([0.0, 0.1, 0.2], 0.0, [0.0, 0.1, 0.2]),
        ([36000.0, 36000.1], 36000.0, [0.0, 0.1]),
        ([0.8, 0.9], 0.0, [0.8, 0.9]),  # the picture comes later than the sound
        ([0.0, 5.0, 5.1, 600.0], 0.0, [0.0, 5.0, 5.1, 600.0]),  # slides
        ([-0.4, -0.3, -0.2], 0.0, [0.0, 0.1, 0.2]),
        ([None, None, None], 0.0, [0.0, 0.1, 0.2]),
        ([0.0, 0.5, None, 1.5], 0.0, [0.0, 0.5, 1.0, 1.5]),
        ([0.0, 0.04, 0.04, 0.08], 0.0, [0.0, 0.04, 0.041, 0.08]),
        ([0.0, 0.1, 0.2, 0.0, 0.1, 0.2], 0.0, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),  # joined
        ([0.0, 0.1, 36000.0, 36000.1], 0.0, [0.0, 0.1, 0.2, 0.3]),  # four frames are not ten hours
        ([36000.0, 36000.1], 0.0, [0.0, 0.1]),
    ],
)
def test_times_begin_with_the_film_and_go_forward(
    clock: list[float | None], begins_s: float, expected: list[float]
) -> None:
    assert times(clock, begins_s=begins_s) == expected


def test_containers_whose_clocks_jump_have_no_long_gaps() -> None:
    assert times([0.0, 0.1, 60.0, 60.1], jump_s=jump_of("mpegts")) == [0.0, 0.1, 0.2, 0.3]
    assert times([0.0, 0.1, 60.0], jump_s=jump_of("mov,mp4,m4a,3gp,3g2,mj2")) == [0.0, 0.1, 60.0]
    assert jump_of("mpeg") == JUMP_S


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        ([0.0, 0.1], ""),
        ([0.0, None], ""),
        ([0.0, 0.1, 0.1], "is not later than the frame before it"),
        ([9.0, 9.1, 9.2, 0.0], "comes where the film's clock jumps back by 9.2 s"),
        ([0.0, 0.1, 36000.0], "comes where the film's clock jumps ahead by 35,999.9 s"),
    ],
)
def test_what_is_wrong_with_a_clock_is_said(clock: list[float | None], said: str) -> None:
    film = FilmClock(0.0, 0.1)
    assert [film.moment(moment).trouble for moment in clock][-1] == said


def test_the_last_frame_lasts_as_long_as_the_one_before() -> None:
    film = FilmClock(0.0, 0.1)
    assert film.end_s == 0.0
    for clock_s in (0.0, 0.5, 2.0):
        film.moment(clock_s)
    assert film.end_s == 3.5


@given(
    st.lists(st.none() | st.floats(-1e5, 1e5), max_size=50),
    st.floats(-1e5, 1e5),
    st.sampled_from([10.0, 3600.0]),
)
def test_time_only_goes_forward_whatever_the_clock_says(
    clock: list[float | None], begins_s: float, jump_s: float
) -> None:
    found = times(clock, begins_s=begins_s, jump_s=jump_s)

    assert all(later > earlier for earlier, later in pairwise(found))
    assert not found or found[0] >= 0


@pytest.mark.parametrize(
    ("stamps", "chosen"),
    [
        ([(0, 0), (2, 1), (1, 2), (3, 3)], [0, 2, 2, 3]),  # that of presentation is in disorder
        ([(0, None), (1, None)], [0, 1]),
        ([(None, 0), (None, 1)], [0, 1]),
        ([(0, 0), (1, 0), (2, 0)], [0, 1, 2]),
        ([(None, None)], [None]),
        ([(1, 1), (2, 2), (2, None)], [1, 2, None]),
    ],
)
def test_the_timestamp_that_goes_forward_is_chosen(stamps: list[Any], chosen: list[Any]) -> None:
    best = BestTimestamp()
    assert [best.choose(pts, dts) for pts, dts in stamps] == chosen
