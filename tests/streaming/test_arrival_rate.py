"""The time at which the next frame is expected."""

import pytest

from streaming.arrival_rate import PAUSE_S, REMEMBERED, ArrivalRate


def after(*arrivals: float) -> float | None:
    rate = ArrivalRate()
    for arrival in arrivals:
        rate.arrived(arrival)
    return rate.next_due()


def test_of_the_first_frame_nothing_follows() -> None:
    assert after() is None
    assert after(5.0) is None


def test_the_next_frame_comes_as_the_last_ones_did() -> None:
    assert after(5.0, 5.1) == pytest.approx(5.2)
    assert after(5.0, 5.1, 5.2, 5.9, 6.0) == pytest.approx(6.1)


def test_only_the_last_frames_count() -> None:
    slow = [float(number) for number in range(10)]
    fast = [10 + number / 10 for number in range(REMEMBERED + 1)]
    assert after(*slow, *fast) == pytest.approx(fast[-1] + 0.1)


def test_after_a_pause_nothing_is_known() -> None:
    assert after(5.0, 5.1, 5.2 + PAUSE_S) is None
