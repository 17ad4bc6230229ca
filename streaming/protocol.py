"""The words of the stream: every message the server sends and every way a session ends."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

Message = dict[str, Any]


class ErrorCode(Enum):
    """The reasons why a session ends: the code that clients read, the close code, the default sentence."""

    INVALID_PIPELINE = ("invalid_pipeline", 4404, "Missing pipeline_id")
    INVALID_MESSAGE = ("invalid_message", 4400, "Expected binary frame payload")
    INVALID_FRAME = ("invalid_frame", 4415, "Not a valid JPEG image")
    FRAME_TOO_LARGE = ("frame_too_large", 4413, "Frame is too large")
    PIPELINE_FAILURE = ("pipeline_failure", 4500, "The pipeline failed")
    INTERNAL_ERROR = ("internal_error", 1011, "Unexpected error occurred")
    TOO_MANY_SESSIONS = ("too_many_sessions", 4429, "Too many sessions are open: try again later")
    LOGIN_REQUIRED = ("login_required", 4401, "Log in to open a session")
    FORBIDDEN = ("forbidden", 4403, "This key may not open a session")
    IDLE_TIMEOUT = ("idle_timeout", 4408, "No frame arrived for too long")
    SESSION_EXPIRED = ("session_expired", 4410, "The session reached its time limit")
    SESSION_ENDED = ("session_ended", 4411, "An operator ended this session")
    SERVER_SHUTDOWN = ("server_shutdown", 1012, "The server is stopping: connect again in a moment")

    def __init__(self, code: str, close_code: int, detail: str) -> None:
        self.code = code
        self.close_code = close_code
        self.detail = detail

    @classmethod
    def of(cls, code: str) -> "ErrorCode":
        """The member with this machine-readable code; PIPELINE_FAILURE where there is none."""
        return next((member for member in cls if member.code == code), cls.PIPELINE_FAILURE)


class StreamError(Exception):
    """Ends a session: the client reads the code and the detail, then the socket closes.

    `frame_index` is the frame that this answers, where one frame is the cause.
    """

    def __init__(self, error: ErrorCode, detail: str | None = None, frame_index: int | None = None) -> None:
        self.error = error
        self.detail = detail or error.detail
        self.frame_index = frame_index
        super().__init__(self.detail)


def result_message(
    frame_index: int,
    result: Mapping[str, Any],
    timings_ms: Mapping[str, float],
    backpressure: str,
    warnings: Sequence[str] = (),
) -> Message:
    """The answer to a frame that was processed; times in milliseconds, to a hundredth.

    `warnings` say what was shrunk, left out or could not be followed; the field is there where there are any.
    """
    timings = {stage: round(value, 2) for stage, value in timings_ms.items()}
    message: Message = {
        "frame_index": frame_index,
        "result": dict(result),
        "timings_ms": timings,
        "backpressure": backpressure,
    }
    return {**message, "warnings": list(warnings)} if warnings else message


def dropped_message(frame_index: int, backpressure: str) -> Message:
    """The answer to a frame that gave way to a newer one."""
    return {"frame_index": frame_index, "dropped": True, "backpressure": backpressure}


def slow_down_message(suggested_fps: float) -> Message:
    """The plea to send fewer frames."""
    return {"warning": "slow_down", "suggested_fps": suggested_fps}


def error_message(error: StreamError) -> Message:
    """The last message of a session that fails; `frame_index` only where one frame is the cause."""
    message: Message = {"error": error.error.code, "detail": error.detail}
    if error.frame_index is not None:
        message["frame_index"] = error.frame_index
    return message


def encode(message: Message) -> str:
    """Compact JSON; ValueError or TypeError for what JSON cannot say, NaN among it."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
