"""Holds the events of the log to docs/ENDPOINTS.md: a fixture for the tests that make them."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.demo_runner import ROOT

PAGE = (ROOT / "docs" / "ENDPOINTS.md").read_text()
ROW = re.compile(r"^\| `([a-z_]+)` \| (?:debug|info|warning|error)[^|]*\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
# The fields that all events of a table have.
OF_SESSIONS = {"session_id", "pipeline_id"}
SESSIONS = PAGE[PAGE.index("The stream's events") : PAGE.index("The server's own:")]


def documented() -> dict[str, list[set[str]]]:
    """The fields of each event; several sets where one event may have one or the other."""
    found = {}
    for name, fields, _ in ROW.findall(PAGE):
        shared = {"job_id"} if name.startswith("job_") else OF_SESSIONS if f"`{name}`" in SESSIONS else set()
        found[name] = [shared | set(re.findall(r"`(\w+)`", part)) for part in fields.split(", or ")]
    return found


FIELDS = documented()
WITH_TRACEBACK = {name for name, _, when in ROW.findall(PAGE) if "with the traceback" in when}


def fault_of(record: logging.LogRecord) -> str:
    """The way in which a line of the log is not as documented; empty where it is."""
    event = record.getMessage()
    fields = set(getattr(record, "fields", {}))
    if event not in FIELDS:
        return f"{event} is not documented"
    if fields not in FIELDS[event]:
        return f"{event} has the fields {sorted(fields)}"
    if event in WITH_TRACEBACK and record.levelno >= logging.WARNING and not record.exc_info:
        return f"{event} has no traceback"
    return ""


class Watching(logging.Handler):
    """Notes the faults of the events that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one line."""
        if fault := fault_of(record):
            self.faults.append(fault)


@contextmanager
def as_documented(name: str, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Make a logger and those below it write everything; what `caplog` sees does not change."""
    logger, watching = logging.getLogger(name), Watching()
    level = logger.level

    def as_before(record: logging.LogRecord) -> bool:
        shown = caplog.handler.level or logging.getLogger().level
        return not record.name.startswith(name) or record.levelno >= shown

    logger.addHandler(watching)
    logger.setLevel(logging.DEBUG)
    caplog.handler.addFilter(as_before)
    try:
        yield
    finally:
        caplog.handler.removeFilter(as_before)
        logger.setLevel(level)
        logger.removeHandler(watching)
    assert watching.faults == []
