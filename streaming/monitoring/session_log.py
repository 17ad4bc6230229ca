"""The events of a session, as log lines that carry its ids."""

import logging
import time
from typing import Any

from forgesyte.logs import log_event
from streaming.protocol import ErrorCode, StreamError
from streaming.session_manager import SessionManager

logger = logging.getLogger("forgesyte.stream")

# The events; each line also has `session_id` and `pipeline_id`.
CONNECT = "connect"
READY = "pipeline_ready"  # duration_ms: how long the pipeline took to open
DISCONNECT = "disconnect"  # close_code, frames, processed_frames, dropped_frames, duration_ms
FRAME_PROCESSED = "frame_processed"  # at debug: frame_index, duration_ms
FRAME_DROPPED = "frame_dropped"  # frame_index, dropped_frames; at info once a second, the others at debug
SLOW_DOWN = "slow_down"  # suggested_fps, drop_rate
SESSION_ERROR = "session_error"  # code, detail, frame_index: refused or ended, by no fault of ours
PIPELINE_ERROR = "pipeline_error"  # code, detail, frame_index, and the traceback
INTERNAL_ERROR = "internal_error"  # the traceback of a fault of our own

LOUD_DROPS_EVERY_S = 1.0
FAULTS = {ErrorCode.PIPELINE_FAILURE: PIPELINE_ERROR, ErrorCode.INTERNAL_ERROR: INTERNAL_ERROR}


class SessionLog:
    """Logs what happens to one session."""

    def __init__(self, session: SessionManager) -> None:
        self._session = session
        self._loud_drop_at = float("-inf")

    def event(self, level: int, event: str, **fields: Any) -> None:
        """Log an event of this session."""
        ids = {"session_id": self._session.session_id, "pipeline_id": self._session.pipeline_id}
        log_event(logger, level, event, **ids, **{name: rounded(value) for name, value in fields.items()})

    def drop(self, frame_index: int) -> None:
        """A frame gave way: at info once a second, at debug otherwise, for a client must not fill the log."""
        now = time.monotonic()
        loud = now - self._loud_drop_at >= LOUD_DROPS_EVERY_S
        if loud:
            self._loud_drop_at = now
        self.event(
            logging.INFO if loud else logging.DEBUG,
            FRAME_DROPPED,
            frame_index=frame_index,
            dropped_frames=self._session.dropped_frames,
        )

    def error(self, error: StreamError) -> None:
        """Log the error that ends the session: our own faults with their traceback, the client's at info."""
        fields: dict[str, Any] = {
            "session_id": self._session.session_id,
            "pipeline_id": self._session.pipeline_id,
            "code": error.error.code,
            "detail": error.detail,
        }
        if error.frame_index is not None:
            fields["frame_index"] = error.frame_index
        fault = FAULTS.get(error.error)
        if fault:
            logger.error(fault, exc_info=error, extra={"fields": fields})
        else:
            log_event(logger, logging.INFO, SESSION_ERROR, **fields)


def rounded(value: Any) -> Any:
    """A field for people: numbers have three decimals at most."""
    return round(value, 3) if isinstance(value, float) else value
