"""Deliveries that fail do no harm to what was asked for; the sweeper makes them again."""

import logging
from typing import Any

import pytest

from accounts.callers import SERVER
from jobs import delivery
from jobs.models import Job
from jobs.services import request_annotated, retry_job
from tests.jobs.workshop import Workshop, fresh


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The jobs whose delivery was tried, in vain."""
    jobs: list[Any] = []

    def fails(job_id: Any, **options: Any) -> None:
        jobs.append((job_id, options))
        raise OSError("the queue is away")

    monkeypatch.setattr(delivery, "deliver", fails)
    monkeypatch.setattr(delivery, "deliver_annotation", fails)
    return jobs


def test_a_job_is_submitted_and_asked_for_again(
    workshop: Workshop, tried: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    job = workshop.submit()
    assert fresh(job).status == "pending"
    Job.objects.filter(pk=job.pk).update(status="failed")
    assert retry_job(job_id=job.pk, caller=SERVER)
    assert fresh(job).status == "pending"
    assert tried == [(job.pk, {"first": False, "after": None})] * 2
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    assert all("deliver_job" in error and "the queue is away" in error for error in errors)


def test_an_annotated_video_is_asked_for(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = workshop.work(workshop.submit())
    tried: list[Any] = []

    def fails(job_id: Any) -> None:
        tried.append(job_id)
        raise OSError("the queue is away")

    monkeypatch.setattr(delivery, "deliver_annotation", fails)
    assert request_annotated(job_id=job.pk, caller=SERVER)
    assert tried == [job.pk]
    assert fresh(job).annotated_status == "pending"
