"""How long a session may go on."""

import pytest

from streaming.conf import StreamSettings
from streaming.protocol import ErrorCode
from streaming.session_limits import SessionLimits


def test_idle_from_the_last_frame_on() -> None:
    limits = SessionLimits(StreamSettings(idle_timeout_s=30), now=100)
    assert limits.left(110, waiting=False) == (20, ErrorCode.IDLE_TIMEOUT)
    limits.active(120)
    assert limits.left(130, waiting=False) == (20, ErrorCode.IDLE_TIMEOUT)
    assert limits.left(151, waiting=False)[0] < 0


def test_waiting_for_an_answer_is_not_idle() -> None:
    limits = SessionLimits(StreamSettings(idle_timeout_s=30), now=100)
    assert limits.left(1000, waiting=True) == (30, ErrorCode.IDLE_TIMEOUT)
    assert limits.left(1010, waiting=False) == (20, ErrorCode.IDLE_TIMEOUT)


@pytest.mark.parametrize(
    ("now", "waiting", "expected"),
    [
        (110, False, (20, ErrorCode.IDLE_TIMEOUT)),
        (150, True, (10, ErrorCode.SESSION_EXPIRED)),
        (170, True, (-10, ErrorCode.SESSION_EXPIRED)),
    ],
)
def test_a_session_may_have_an_end_whatever_it_does(
    now: float, waiting: bool, expected: tuple[float, ErrorCode]
) -> None:
    limits = SessionLimits(StreamSettings(idle_timeout_s=30, max_session_s=60), now=100)
    assert limits.left(now, waiting=waiting) == expected
