"""The drop policy, on a clock that the test turns."""

import pytest

from streaming.backpressure import Backpressure, BackpressureState
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def policy(clock: Clock) -> Backpressure:
    return Backpressure(0.10, 0.30, window_s=5.0, min_frames=10, clock=clock)


def feed(policy: Backpressure, received: int, dropped: int) -> None:
    for _ in range(received):
        policy.frame_received()
    for _ in range(dropped):
        policy.frame_dropped()
    for _ in range(received - dropped):
        policy.frame_processed()


def test_an_idle_session_never_drops(policy: Backpressure) -> None:
    feed(policy, 100, 100)
    assert policy.drop_rate == 1.0
    assert not policy.should_drop(0)


def test_the_newest_wins_while_the_session_is_busy(policy: Backpressure) -> None:
    assert policy.should_drop(0.001)
    assert policy.should_drop(5000)


@pytest.mark.parametrize(
    ("dropped", "state"),
    [(0, "normal"), (10, "normal"), (11, "warning"), (30, "warning"), (31, "critical"), (100, "critical")],
)
def test_states_lie_between_the_thresholds(policy: Backpressure, dropped: int, state: str) -> None:
    feed(policy, 100, dropped)
    assert policy.state == state
    assert policy.should_slow_down() is (state == "critical")


def test_a_few_frames_say_nothing(policy: Backpressure) -> None:
    feed(policy, 9, 9)
    assert policy.drop_rate == 0
    feed(policy, 1, 0)
    assert policy.drop_rate == 0.9


def test_drops_are_forgotten_after_the_window(policy: Backpressure, clock: Clock) -> None:
    feed(policy, 100, 100)
    clock.now += 4.5
    assert policy.drop_rate == 1.0
    clock.now += 0.6
    assert policy.drop_rate == 0
    assert policy.state is BackpressureState.NORMAL


def test_one_slow_start_does_not_weigh_on_the_frames_after_it(policy: Backpressure, clock: Clock) -> None:
    feed(policy, 20, 20)
    for _ in range(60):
        clock.now += 0.1
        feed(policy, 1, 0)
    assert policy.drop_rate == 0


def test_one_plea_for_each_crossing(policy: Backpressure, clock: Clock) -> None:
    feed(policy, 20, 20)
    assert policy.should_slow_down()
    assert policy.should_slow_down(), "asking is not yet telling the client"
    policy.slow_down_sent()
    assert not policy.should_slow_down()
    clock.now += 6
    feed(policy, 20, 4)
    assert policy.state is BackpressureState.WARNING
    assert not policy.should_slow_down()
    feed(policy, 20, 20)
    assert not policy.should_slow_down(), "it was not normal in between"
    clock.now += 6
    feed(policy, 20, 0)
    assert not policy.should_slow_down()
    clock.now += 6
    feed(policy, 20, 20)
    assert policy.should_slow_down()


def test_suggested_fps_is_what_was_reached(policy: Backpressure, clock: Clock) -> None:
    for _ in range(30):
        feed(policy, 2, 1)
        clock.now += 0.1
    assert policy.suggested_fps == pytest.approx(10.0, abs=0.1)


def test_suggested_fps_counts_from_the_first_frame_of_a_short_session(
    policy: Backpressure, clock: Clock
) -> None:
    feed(policy, 12, 6)
    clock.now += 0.8
    assert policy.suggested_fps == 7.5


def test_suggested_fps_is_at_least_one(policy: Backpressure, clock: Clock) -> None:
    assert policy.suggested_fps == 1.0
    feed(policy, 50, 50)
    clock.now += 2
    assert policy.suggested_fps == 1.0


def test_restart_forgets(policy: Backpressure) -> None:
    feed(policy, 50, 50)
    policy.restart()
    assert policy.drop_rate == 0
    assert not policy.should_slow_down()
