"""Log lines as JSON: one object a line, with an event's own fields beside the standard ones."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

MAX_EVENT = 1000


class JsonFormatter(logging.Formatter):
    """Write `timestamp`, `level`, `event`, `logger`, then the fields given as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; a traceback goes into `exception`, which only the operator sees."""
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            # What others log may quote a client at length.
            "event": record.getMessage()[:MAX_EVENT],
            "logger": record.name,
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_event(logger: logging.Logger, level: int, event: str, **fields: Any) -> None:
    """Log `event` with its fields; costs next to nothing where the level is off."""
    if logger.isEnabledFor(level):
        logger.log(level, event, extra={"fields": fields})


class WithoutClientsTraceback(logging.Filter):
    """Make the line on a request that was refused a warning without a traceback: it is no fault of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True, always."""
        if 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = record.exc_text = None
            if record.levelno > logging.WARNING:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class NotOfSockets(logging.Filter):
    """Leave out what the WebSocket library says of clients.

    Why a socket was refused is a line of its own, and a client may send pongs that nobody asked for: at
    thousands of them a second, lines would fill the disk.
    """

    LINES = ("dropping connection to peer", "Auto ping/pong: received non-pending pong")

    def filter(self, record: logging.LogRecord) -> bool:
        """False for the library's lines."""
        return not record.getMessage().startswith(self.LINES)


class NotUnavailable(logging.Filter):
    """Leave out Django's own line for an answer 503: that is `/ready` saying what it is there to say."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for an answer 503."""
        return getattr(record, "status_code", None) != 503
