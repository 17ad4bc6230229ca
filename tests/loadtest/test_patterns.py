from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.patterns import Visit, due_times, own_windows, sending_windows, visits
from loadtest.plan import LoadPlan, Pattern

PLANS = st.builds(
    LoadPlan,
    sessions=st.integers(1, 40),
    duration_s=st.floats(0.1, 600),
    pattern=st.sampled_from(Pattern),
    steps=st.integers(0, 12),
)


@given(PLANS)
def test_every_visit_lies_within_the_run(plan: LoadPlan) -> None:
    found = visits(plan)
    assert {visit.place for visit in found} == set(range(plan.sessions))
    assert all(0 <= visit.joins_s < visit.leaves_s <= plan.duration_s for visit in found)
    assert [visit.joins_s for visit in found] == sorted(visit.joins_s for visit in found)


@given(PLANS)
def test_no_place_is_taken_twice_at_once(plan: LoadPlan) -> None:
    found = visits(plan)
    for place in range(plan.sessions):
        own = [visit for visit in found if visit.place == place]
        assert all(one.leaves_s <= next_one.joins_s for one, next_one in pairwise(own))
        assert own[-1].leaves_s == plan.duration_s


def test_a_ramp_joins_in_steps() -> None:
    plan = LoadPlan(sessions=4, duration_s=20, pattern=Pattern.RAMP, steps=2)
    assert [visit.joins_s for visit in visits(plan)] == [0, 0, 10, 10]


def test_who_churns_changes_places_in_turns() -> None:
    plan = LoadPlan(sessions=4, duration_s=16, pattern=Pattern.CHURN)
    joins = [visit.joins_s for visit in visits(plan) if visit.number]
    assert joins == sorted(set(joins)), "never two at once"
    assert any(visit.abrupt for visit in visits(plan))
    assert all(not visit.abrupt for visit in visits(plan) if visit.number == 0)


def test_bursts_and_pauses_are_as_long() -> None:
    plan = LoadPlan(duration_s=9, pattern=Pattern.BURST)
    assert sending_windows(plan) == [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
    assert sending_windows(plan.with_(pattern=Pattern.STEADY)) == [(0, 9)]


def test_frames_are_due_at_their_rate_and_sessions_are_spread() -> None:
    plan = LoadPlan(sessions=2, fps=10, duration_s=1)
    first, second = visits(plan)
    assert list(islice(due_times(plan, first), 3)) == pytest.approx([0, 0.1, 0.2])
    assert list(islice(due_times(plan, second), 3)) == pytest.approx([0.05, 0.15, 0.25])
    assert len(list(due_times(plan, first))) == 10


def test_nothing_is_due_in_a_pause_or_after_a_visit() -> None:
    plan = LoadPlan(fps=100, duration_s=9, pattern=Pattern.BURST)
    visit = Visit(0, 0, 2.5, 4.5)
    assert own_windows(plan, visit) == [(2.5, 3), (4, 4.5)]
    assert all(2.5 <= due < 3 or 4 <= due < 4.5 for due in due_times(plan, visit))


def test_stays_of_a_soak_follow_each_other_and_are_of_many_lengths() -> None:
    plan = LoadPlan(sessions=3, duration_s=600, pattern=Pattern.SOAK)
    for place in range(3):
        own = [visit for visit in visits(plan) if visit.place == place]
        assert own[0].joins_s == 0
        assert own[-1].leaves_s == 600
        assert [visit.leaves_s for visit in own[:-1]] == [visit.joins_s for visit in own[1:]]
        assert [visit.abrupt for visit in own[:4]] == [False, True, False, True]
    stays = [visit.leaves_s - visit.joins_s for visit in visits(plan)]
    assert max(stays) <= 40
    assert len({round(stay) for stay in stays}) > 20
