import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loadtest.report.statistics import jain_index, newest_only, shown_age_summary, summary_ms

SECONDS = st.floats(0, 100)


def test_a_summary_in_milliseconds() -> None:
    summary = summary_ms(number / 1000 for number in range(1, 101))
    assert summary["count"] == 100
    assert (summary["mean"], summary["p50"], summary["max"]) == (50.5, 50.5, 100)
    assert summary["p95"] == pytest.approx(95.05)
    assert summary["p99"] == pytest.approx(99.01)


def test_nothing_has_no_summary() -> None:
    assert set(summary_ms([]).values()) == {0, None}
    assert set(shown_age_summary([]).values()) == {None}
    assert set(shown_age_summary([(1.0, 1.0)]).values()) == {None}


@pytest.mark.parametrize(
    ("shares", "index"), [([3, 3, 3], 1), ([5, 0, 0, 0], 0.25), ([1, 2], 0.9), ([0, 0], None), ([], None)]
)
def test_fairness(shares: list[float], index: float | None) -> None:
    assert jain_index(shares) == index


@given(st.lists(st.floats(0.01, 1000), min_size=1))
def test_fairness_lies_between_one_for_all_and_all_for_one(shares: list[float]) -> None:
    index = jain_index(shares)
    assert index is not None
    assert 1 / len(shares) - 1e-4 <= index <= 1 + 1e-4


def test_only_newer_pictures_count() -> None:
    assert newest_only([(1, 10), (3, 11), (2, 12), (4, 13)]) == [(1, 10), (3, 11), (4, 13)]
    assert newest_only([(2, 12), (1, 10)]) == [(1, 10), (2, 12)]


def test_a_picture_grows_older_while_it_is_shown() -> None:
    shown = shown_age_summary([(0.020, 0.120), (0.020, 0.120)])
    assert shown == {"mean": 70, "p50": 70, "p95": 115, "p99": 119, "max": 120}


def test_a_long_wait_weighs_as_much_as_it_lasts() -> None:
    shown = shown_age_summary([(0.0, 0.1)] * 10 + [(0.0, 9.0)])
    assert shown["p50"] == pytest.approx(4000, rel=0.01)
    assert shown["max"] == 9000


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=8))
def test_the_age_is_that_of_a_moment_chosen_at_random(pairs: list[tuple[float, float]]) -> None:
    spans = [(min(pair), max(pair)) for pair in pairs if abs(pair[0] - pair[1]) > 0.01]
    assume(spans)
    lengths = np.array([ends - begins for begins, ends in spans])
    moments = np.concatenate([np.linspace(begins, ends, 2001) for begins, ends in spans])
    weights = np.repeat(lengths / lengths.sum() / 2001, 2001)
    near = lengths.max() / 1000
    shown = shown_age_summary(spans)
    for name, share in (("p50", 0.50), ("p95", 0.95)):
        value = shown[name]
        assert value is not None
        # As much of the time as was asked for lies below the age that is told, which is rounded.
        age = value / 1000
        assert weights[moments <= age + near + 1e-5].sum() >= share - 0.01
        assert weights[moments >= age - near - 1e-5].sum() >= 1 - share - 0.01
