"""Log lines are JSON objects with the event's own fields."""

import json
import logging

import pytest

from forgesyte.logs import JsonFormatter, NotOfSockets, NotUnavailable, WithoutClientsTraceback, log_event


def record(**fields: object) -> logging.LogRecord:
    made = logging.LogRecord("forgesyte.test", logging.INFO, __file__, 1, "frame_dropped", (), None)
    made.fields = fields
    return made


def test_a_line_is_one_json_object() -> None:
    line = json.loads(JsonFormatter().format(record(session_id="abc", frame_index=7)))
    assert line["event"] == "frame_dropped"
    assert line["level"] == "info"
    assert (line["session_id"], line["frame_index"]) == ("abc", 7)
    assert line["timestamp"].endswith("+00:00")


def test_a_traceback_stays_on_the_line() -> None:
    made = record()
    try:
        raise ValueError("broken")
    except ValueError as error:
        made.exc_info = (ValueError, error, error.__traceback__)
    text = JsonFormatter().format(made)
    assert "\n" not in text
    assert "ValueError: broken" in json.loads(text)["exception"]


def test_log_event_respects_the_level(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("forgesyte.test")
    with caplog.at_level(logging.INFO, logger="forgesyte.test"):
        log_event(logger, logging.DEBUG, "frame_processed", frame_index=1)
        log_event(logger, logging.INFO, "connect", session_id="abc")
    assert [(r.message, r.__dict__["fields"]) for r in caplog.records] == [("connect", {"session_id": "abc"})]


@pytest.mark.parametrize(("status", "kept"), [(503, False), (500, True), (None, True)])
def test_an_answer_503_needs_no_line_of_its_own(status: int | None, kept: bool) -> None:
    made = record()
    if status:
        made.status_code = status
    assert NotUnavailable().filter(made) is kept


@pytest.mark.parametrize(("status", "kept"), [(400, False), (403, False), (500, True), (None, True)])
def test_a_refused_request_leaves_no_traceback(status: int | None, kept: bool) -> None:
    made = record()
    made.exc_info = (ValueError, ValueError("broken"), None)
    if status:
        made.status_code = status
    assert WithoutClientsTraceback().filter(made)
    assert bool(made.exc_info) is kept


def test_a_socket_that_is_refused_needs_no_second_line() -> None:
    made = record()
    assert NotOfSockets().filter(made)
    made.msg = "dropping connection to peer tcp4:10.0.0.7:1 with abort=False: Access denied"
    assert not NotOfSockets().filter(made)


def test_a_long_event_is_cut_off() -> None:
    made = logging.LogRecord("django.security.csrf", logging.WARNING, __file__, 1, "x" * 50_000, (), None)
    assert len(JsonFormatter().format(made)) < 1200
