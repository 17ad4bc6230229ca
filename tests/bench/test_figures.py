"""From turns to figures."""

import pytest

from bench.figures import Figures, order_of_round, typical


def test_figures_of_ages() -> None:
    turn = Figures.of([[10, 20, 30], [40, 50]], seconds=2)
    assert turn.answers_per_s == 2.5
    assert (turn.age_p50_ms, turn.age_max_ms) == (30, 50)
    assert turn.fairness == pytest.approx(25 / 26, abs=1e-3)


def test_one_session_is_neither_fair_nor_unfair() -> None:
    assert Figures.of([[10]], seconds=1).fairness is None


def test_nothing_answered_has_no_age() -> None:
    assert Figures.of([[]], seconds=1) == Figures(0)


def test_the_median_of_each_figure_by_itself() -> None:
    turns = [Figures(30, age_p95_ms=9), Figures(10, age_p95_ms=None), Figures(20, age_p95_ms=5)]
    assert typical(turns) == Figures(20, age_p95_ms=7)


def test_figures_go_through_json() -> None:
    turn = Figures(12.5, age_p95_ms=3, dropped=1)
    assert Figures.from_dict({**vars(turn), "no_longer_known": 1}) == turn


def test_in_every_round_each_has_one_turn_and_another_begins() -> None:
    rounds = [order_of_round("abcd", number) for number in range(8)]
    assert all(sorted(order) == list("abcd") for order in rounds)
    assert [order[0] for order in rounds[:4]] == list("abcd")


def test_in_later_rounds_nobody_follows_the_one_of_before() -> None:
    assert order_of_round("abcd", 0) == list("abcd")
    assert order_of_round("abcd", 4) == list("dcba")


def test_nobody_takes_part() -> None:
    assert order_of_round([], 3) == []
