"""The messages of the stream, word for word."""

import json

import pytest

from streaming import protocol
from streaming.protocol import ErrorCode, StreamError

CODES = {
    "invalid_pipeline": 4404,
    "invalid_message": 4400,
    "invalid_frame": 4415,
    "frame_too_large": 4413,
    "pipeline_failure": 4500,
    "internal_error": 1011,
    "too_many_sessions": 4429,
    "login_required": 4401,
    "forbidden": 4403,
    "idle_timeout": 4408,
    "session_expired": 4410,
    "session_ended": 4411,
    "server_shutdown": 1012,
}


def test_every_error_has_its_close_code() -> None:
    assert {error.code: error.close_code for error in ErrorCode} == CODES


@pytest.mark.parametrize("error", list(ErrorCode))
def test_errors_are_found_by_code_and_say_something(error: ErrorCode) -> None:
    assert ErrorCode.of(error.code) is error
    assert len(error.detail) > 10


def test_an_unknown_code_is_a_pipeline_failure() -> None:
    assert ErrorCode.of("no_such_code") is ErrorCode.PIPELINE_FAILURE


def test_an_error_reads_as_its_detail() -> None:
    """So it stands in a traceback of the log."""
    assert str(StreamError(ErrorCode.PIPELINE_FAILURE, "YOLO inference failed")) == "YOLO inference failed"
    assert str(StreamError(ErrorCode.IDLE_TIMEOUT)) == ErrorCode.IDLE_TIMEOUT.detail


def test_result_message_rounds_times_only() -> None:
    message = protocol.result_message(
        3, {"detections": [{"score": 0.12345}]}, {"wait": 1.23456, "total": 40}, "normal"
    )
    assert message == {
        "frame_index": 3,
        "result": {"detections": [{"score": 0.12345}]},
        "timings_ms": {"wait": 1.23, "total": 40},
        "backpressure": "normal",
    }


def test_a_result_message_has_warnings_where_there_are_any() -> None:
    message = protocol.result_message(3, {}, {}, "normal", ["The frame was made smaller"])
    assert message["warnings"] == ["The frame was made smaller"]


def test_dropped_and_slow_down_messages() -> None:
    assert protocol.dropped_message(9, "warning") == {
        "frame_index": 9,
        "dropped": True,
        "backpressure": "warning",
    }
    assert protocol.slow_down_message(7.5) == {"warning": "slow_down", "suggested_fps": 7.5}


def test_error_message_names_the_frame_only_where_one_is_the_cause() -> None:
    assert protocol.error_message(StreamError(ErrorCode.INVALID_MESSAGE)) == {
        "error": "invalid_message",
        "detail": "Expected binary frame payload",
    }
    assert protocol.error_message(StreamError(ErrorCode.PIPELINE_FAILURE, "YOLO inference failed", 7)) == {
        "error": "pipeline_failure",
        "detail": "YOLO inference failed",
        "frame_index": 7,
    }


def test_encoded_text_is_compact_and_readable() -> None:
    text = protocol.encode({"text": "Straße", "frame_index": 1})
    assert text == '{"text":"Straße","frame_index":1}'
    assert json.loads(text)["text"] == "Straße"


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        protocol.encode({"score": float("nan")})
