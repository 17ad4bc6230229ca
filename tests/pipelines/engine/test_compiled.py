"""The number of recent callers."""

from pipelines.engine.compiled import CROWD_LASTS_S, Crowd
from tests.clock import Clock


def test_a_crowd_is_remembered_for_a_moment() -> None:
    clock = Clock(0.0)
    crowd = Crowd(clock)
    with crowd.enter() as alone:
        assert alone == 1
        with crowd.enter() as two:
            assert two == 2
    with crowd.enter() as after_them:
        assert after_them == 2
    clock.now += CROWD_LASTS_S * 1.01
    with crowd.enter() as alone:
        assert alone == 1


def test_a_crowd_that_stays_is_not_forgotten() -> None:
    clock = Clock(0.0)
    crowd = Crowd(clock)
    for _ in range(10):
        clock.now += CROWD_LASTS_S * 0.9
        with crowd.enter(), crowd.enter() as two:
            assert two == 2
