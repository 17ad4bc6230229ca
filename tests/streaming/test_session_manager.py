"""The state of one connection and its limits of time."""

import time
import tracemalloc

import pytest

from streaming.backpressure import Backpressure, BackpressureState
from streaming.conf import StreamSettings
from streaming.protocol import ErrorCode
from streaming.session_manager import SessionLimits, SessionManager


def test_a_new_session_is_idle_and_normal() -> None:
    session = SessionManager("yolo_ocr")
    assert session.pipeline_id == "yolo_ocr"
    assert (session.frame_index, session.dropped_frames, session.last_processed_ts) == (0, 0, 0)
    assert session.backpressure_state == "normal"
    assert (session.drop_threshold, session.slowdown_threshold) == (0.10, 0.30)
    assert session.drop_rate() == 0


def test_sessions_have_ids_of_their_own() -> None:
    assert SessionManager("a").session_id != SessionManager("a").session_id


def test_frames_count_from_one() -> None:
    session = SessionManager("a")
    assert [session.increment_frame() for _ in range(3)] == [1, 2, 3]
    assert session.frame_index == 3


def test_drop_rate_is_the_share_of_frames_that_gave_way() -> None:
    session = SessionManager("a")
    for _ in range(10):
        session.increment_frame()
    for _ in range(2):
        session.mark_drop()
    assert session.dropped_frames == 2
    assert session.drop_rate() == 0.2
    assert session.backpressure_state is BackpressureState.WARNING


def test_processed_frames_leave_their_time() -> None:
    session = SessionManager("a")
    before = session.now_ms()
    session.mark_processed(40.0)
    assert before <= session.last_processed_ts <= session.now_ms()
    assert session.processed_frames == 1


def test_processed_frames_are_what_the_client_is_told_to_send() -> None:
    now = [0.0]
    session = SessionManager("a", Backpressure(clock=lambda: now[0]))
    for _ in range(12):
        session.increment_frame()
        session.mark_processed(40.0)
    now[0] += 2
    assert session.policy.suggested_fps == 6.0


def test_now_is_in_milliseconds_and_does_not_run_backwards() -> None:
    first = SessionManager.now_ms()
    assert abs(first - time.monotonic() * 1000) < 1000
    assert SessionManager.now_ms() >= first


class Contrary(Backpressure):
    """A policy that says the opposite of the usual one."""

    def should_drop(self, processing_time_ms: float) -> bool:
        return processing_time_ms == 0

    def should_slow_down(self) -> bool:
        return True


def test_the_policy_decides() -> None:
    session, contrary = SessionManager("a"), SessionManager("a", Contrary(0.2, 0.6))
    assert not session.should_drop_frame(0)
    assert session.should_drop_frame(12.5)
    assert not session.should_slow_down()
    assert contrary.should_drop_frame(0)
    assert not contrary.should_drop_frame(12.5)
    assert contrary.should_slow_down()
    assert (contrary.drop_threshold, contrary.slowdown_threshold) == (0.2, 0.6)


def test_a_session_stays_small_however_many_frames_it_sees() -> None:
    tracemalloc.start()
    try:
        session = SessionManager("yolo_ocr")
        for _ in range(20_000):
            session.increment_frame()
            session.mark_drop()
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()


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
