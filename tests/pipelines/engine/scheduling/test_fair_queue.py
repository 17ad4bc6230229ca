"""The fair queue: equal time for who always waits, no lateness for who takes less, nobody starves."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.scheduling.fair_queue import CREDIT_S, PATIENCE_S, FairQueue, Usage

COSTS = st.floats(0.001, 0.5)


@dataclass
class Session:
    """Waits again as soon as it has been served, or `pause_s` after that."""

    cost_s: float
    pause_s: float = 0.0
    usage: Usage = field(default_factory=Usage)
    asks_at: float = 0.0
    waits: bool = False
    had_s: float = 0.0
    turns: int = 0
    waited_s: list[float] = field(default_factory=list)


def serve(sessions: list[Session], turns: int) -> None:
    """One slot that serves so many turns, in simulated time."""
    now = 0.0
    queue: FairQueue[Session] = FairQueue(lambda: now)
    for _ in range(turns):
        if not any(session.waits for session in sessions):
            now = max(now, min(session.asks_at for session in sessions))
        for session in sorted(sessions, key=lambda session: session.asks_at):
            if not session.waits and session.asks_at <= now:
                queue.push(session, session.usage)
                session.waits = True
        served = queue.pop()
        served.waits = False
        served.waited_s.append(now - served.asks_at)
        now += served.cost_s
        queue.charge(served.usage, served.cost_s)
        served.had_s += served.cost_s
        served.turns += 1
        served.asks_at = now + served.pause_s


@given(costs=st.lists(st.floats(0.001, 0.05), min_size=2, max_size=6))
def test_sessions_that_always_wait_get_equal_time_apart_from_one_turn(costs: list[float]) -> None:
    sessions = [Session(cost_s) for cost_s in costs]
    serve(sessions, 400)
    had = [session.had_s for session in sessions]
    assert max(had) - min(had) <= 2 * max(costs) + 1e-6


@given(count=st.integers(1, 8), cost_s=COSTS)
def test_equals_are_served_in_turns(count: int, cost_s: float) -> None:
    sessions = [Session(cost_s) for _ in range(count)]
    serve(sessions, 10 * count)
    assert {session.turns for session in sessions} == {10}


@given(hostile=st.lists(st.floats(0.02, 0.4), min_size=1, max_size=8), cost_s=st.floats(0.001, 0.02))
def test_who_takes_less_than_its_share_waits_for_one_frame_at_most(
    hostile: list[float], cost_s: float
) -> None:
    """By turns it waited for one frame of each of the others."""
    others = [Session(other_s) for other_s in hostile]
    # Its share is a part of the time in which it asks once, and it takes less than that.
    polite = Session(cost_s, pause_s=4 * max(hostile) * (len(hostile) + 1))
    serve([*others, polite], 600)
    # At the start all are equal, and it comes last.
    assert len(polite.waited_s) > 1
    assert max(polite.waited_s[1:]) <= max(hostile) + 1e-6


@given(costs=st.lists(st.floats(0.001, 20), min_size=2, max_size=6))
def test_nobody_starves(costs: list[float]) -> None:
    """Whoever has waited long is next in the order of arrival, so each other one goes before it once more."""
    sessions = [Session(cost_s) for cost_s in costs]
    serve(sessions, 200)
    bound_s = PATIENCE_S + max(costs) + sum(costs)
    assert all(max(session.waited_s, default=0.0) <= bound_s for session in sessions)


def test_who_was_away_has_saved_up_a_little_and_no_more() -> None:
    queue: FairQueue[str] = FairQueue(lambda: 0.0)
    away, busy = Usage(), Usage()
    queue.enter(away)
    for _ in range(100):
        queue.enter(busy)
        queue.charge(busy, 1.0)
    queue.enter(busy)
    order = ["busy", "newcomer", "away", "away again"]
    for name, usage in zip(order, [busy, Usage(), away, away], strict=True):
        queue.push(name, usage)

    assert queue.pop() == "away"
    queue.charge(away, 2 * CREDIT_S)
    assert [queue.pop() for _ in range(3)] == ["busy", "newcomer", "away again"]


def test_who_waits_no_more_is_not_served() -> None:
    queue: FairQueue[str] = FairQueue()
    for name in ("first", "second", "third", "fourth"):
        queue.push(name, Usage())
    assert queue.remove("second")
    assert not queue.remove("second")
    assert (len(queue), queue.pop(), queue.clear(), len(queue)) == (3, "first", ["third", "fourth"], 0)
    with pytest.raises(IndexError):
        queue.pop()


@pytest.mark.parametrize(
    ("turn_s", "until_s", "comes_before"),
    [
        pytest.param(0.01, 0.0, True, id="it has used less and takes less"),
        pytest.param(0.05, 0.0, False, id="it takes as long"),
        pytest.param(None, None, False, id="it is new, and has used as much as anybody"),
        pytest.param(None, 0.0, False, id="it is new, and may take as long"),
        pytest.param(0.01, 2.0, False, id="it has used more"),
        pytest.param(0.01, 1.0, False, id="it has used as much"),
    ],
)
def test_a_call_is_paused_for_those_who_come_before_it(
    turn_s: float | None, until_s: float | None, comes_before: bool
) -> None:
    queue: FairQueue[str] = FairQueue(lambda: 0.0)
    queue.enter(Usage(until_s=1.0))
    own = Usage(until_s=1.0)
    assert queue.pop_shorter(own, 0.05) is None
    queue.push("other", Usage(until_s, turn_s))
    assert queue.has_shorter(own, 0.05) is comes_before
    assert queue.pop_shorter(own, 0.05) == ("other" if comes_before else None)
    assert len(queue) == (not comes_before)


def test_those_who_take_long_are_passed_over_for_a_paused_call_however_long_they_wait() -> None:
    now = 0.0
    queue: FairQueue[str] = FairQueue(lambda: now)
    queue.push("long", Usage(0.0, 1.0))
    queue.push("short", Usage(0.5, 0.01))
    queue.push("shorter, and has used more", Usage(0.6, 0.001))
    now = 2 * PATIENCE_S
    assert queue.pop_shorter(Usage(until_s=1.0), 0.05) == "short"
    assert queue.pop() == "long"
