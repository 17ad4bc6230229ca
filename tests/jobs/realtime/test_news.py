"""Messages to clients when a job has changed."""

from typing import Any

import pytest

from jobs.realtime.messages import Message
from jobs.realtime.news import news
from tests.jobs.samples import job_data


def told(after: dict[str, Any], before: dict[str, Any] | None = None) -> list[Message]:
    return list(news(job_data(**(before or {})), job_data(**after)))


def test_nothing_is_told_of_a_job_that_is_as_it_was() -> None:
    assert told({"version": 2}) == []


def test_a_new_job_is_told_as_a_whole() -> None:
    (message,) = news(None, job_data(status="pending"))
    assert message.type == "snapshot"
    assert message.payload.job == job_data(status="pending")


def test_progress() -> None:
    (message,) = told({"frames_done": 40, "progress": 40.0})
    assert message.type == "progress"
    assert (message.payload.frames_done, message.payload.frames_total) == (40, 100)


def test_stored_results() -> None:
    (message,) = told({"next_frame": 65}, {"next_frame": 9})
    assert message.type == "partial_result"
    assert (message.payload.first_frame, message.payload.last_frame) == (9, 64)


@pytest.mark.parametrize("field", ["plugin_timings", "tools"])
def test_timings_and_versions_of_the_tools(field: str) -> None:
    (message,) = told({field: {"detect": {"runs": 1}}})
    assert message.type == "plugin_status"
    assert getattr(message.payload, field) == {"detect": {"runs": 1}}


def test_warnings_that_are_new() -> None:
    (message,) = told(
        {"warnings": ["old", "new"], "warnings_count": 2}, {"warnings": ["old"], "warnings_count": 1}
    )
    assert message.type == "warning"
    assert (message.payload.warnings, message.payload.warnings_count) == (["new"], 2)


def test_facts_of_the_run() -> None:
    (message,) = told({"device_used": "cpu", "fallback": True}, {"device_used": ""})
    assert message.type == "metadata"
    assert message.payload.facts == {"device_used": "cpu", "fallback": True}


@pytest.mark.parametrize("status", ["pending", "completed", "cancelled"])
def test_a_new_state_is_told_as_a_whole_after_the_last_results(status: str) -> None:
    first, last = told({"status": status, "frames_done": 100, "next_frame": 101})
    assert (first.type, first.payload.last_frame) == ("partial_result", 100)
    assert (last.type, last.payload.job["status"]) == ("snapshot", status)


@pytest.mark.parametrize(("code", "expected"), [("disk_full", "disk_full"), ("", "failed")])
def test_a_failure_says_why(code: str, expected: str) -> None:
    snapshot, error = told({"status": "failed", "error_code": code, "error_message": "The disk is full"})
    assert snapshot.payload.job["status"] == "failed"
    assert (error.type, error.payload.code, error.payload.detail) == ("error", expected, "The disk is full")


def test_the_annotated_video_of_a_finished_job_makes_progress() -> None:
    done = {"status": "completed"}
    (message,) = told({**done, "annotated_status": "running", "annotated_progress": 30.0}, done)
    assert (message.type, message.payload.annotated_progress) == ("progress", 30.0)
