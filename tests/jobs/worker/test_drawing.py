"""The annotated video of a job is drawn once, and what happens where that fails."""

import errno
from typing import Any

import pytest
from django.db import OperationalError

from accounts.callers import SERVER
from jobs.models import Job
from jobs.results.annotated import annotated_file
from jobs.services import delete_job, request_annotated
from jobs.worker import annotation
from jobs.worker.worker import Worker
from jobs.worker.worker_process import this_process
from tests.jobs.workshop import Workshop, fresh


def finished(workshop: Workshop) -> Job:
    job = workshop.work(workshop.submit())
    assert request_annotated(job_id=job.pk, caller=SERVER)
    return job


@pytest.fixture
def rendering(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand-ins for drawing, by name; returns a function that chooses one."""

    def choose(render: Any) -> None:
        monkeypatch.setattr("jobs.results.annotated.render", render)

    return choose


def test_the_annotated_video_is_made(
    workshop: Workshop, rendering: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[float] = []

    def render(job: Job, *, should_stop: Any, progress: Any, is_ours: Any) -> list[str]:
        for percent in (-1.0, 0.44, 30.0, 140.0):
            progress(percent)
            told.append(fresh(job).annotated_progress)
        assert not should_stop()
        annotated_file(job).write_bytes(b"a film")
        return ["Some sound is missing"]

    rendering(render)
    job = finished(workshop)
    before = fresh(job)
    Worker().drain()
    made = fresh(job)
    assert made.warnings == [*before.warnings, "Some sound is missing"]
    assert made.warnings_count == before.warnings_count + 1
    assert (made.status, made.annotated_status, made.annotated_progress) == ("completed", "ready", 100)
    assert made.annotated_bytes == 6
    assert told == [0.0, 0.4, 30.0, 99.9]
    assert said_of_drawing(caplog) == [("INFO", str(job.pk))]


def said_of_drawing(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """The level and the job of each line of the log about an annotated video."""
    found = [record for record in caplog.records if record.message == "job_annotated"]
    return [(record.levelname, getattr(record, "fields")["job_id"]) for record in found]  # noqa: B009


def test_a_drawing_that_fails_says_why(
    workshop: Workshop, rendering: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def render(job: Job, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    rendering(render)
    job = finished(workshop)
    annotation.annotate(job.pk)
    assert fresh(job).annotated_status == "failed"
    assert fresh(job).annotated_error.startswith("The disk is full.")
    assert said_of_drawing(caplog) == [("ERROR", str(job.pk))]
    assert request_annotated(job_id=job.pk, caller=SERVER), "it may be asked for again"


def test_a_drawing_is_given_back_by_a_worker_that_stops(workshop: Workshop, rendering: Any) -> None:
    def render(job: Job, *, should_stop: Any, **more: Any) -> list[str]:
        this_process().stopping.set()
        assert should_stop()
        return []

    rendering(render)
    job = finished(workshop)
    annotation.annotate(job.pk)
    assert (fresh(job).annotated_status, fresh(job).lease_owner) == ("pending", "")
    annotation.annotate(job.pk)
    assert fresh(job).annotated_status == "pending", "it takes nothing up any more"


def test_a_drawing_is_given_back_though_nothing_can_be_delivered(
    workshop: Workshop, rendering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(job: Job, *, should_stop: Any, **more: Any) -> list[str]:
        this_process().stopping.set()
        assert should_stop()
        return []

    tried: list[Any] = []

    def fails(job_id: Any) -> None:
        tried.append(job_id)
        raise OSError("the queue is away")

    rendering(render)
    job = finished(workshop)
    monkeypatch.setattr("jobs.delivery.deliver_annotation", fails)
    annotation.annotate(job.pk)
    assert tried == [job.pk]
    assert (fresh(job).annotated_status, fresh(job).lease_owner) == ("pending", "")


def test_a_drawing_of_a_job_that_is_deleted_comes_to_nothing(workshop: Workshop, rendering: Any) -> None:
    def render(job: Job, *, progress: Any, **more: Any) -> None:
        delete_job(job_id=job.pk, caller=SERVER)
        progress(50.0)

    rendering(render)
    job = finished(workshop)
    annotation.annotate(job.pk)
    assert not Job.objects.exists()


def test_a_drawing_without_a_database_is_left_to_the_sweeper(workshop: Workshop, rendering: Any) -> None:
    def render(job: Job, **more: Any) -> None:
        raise OperationalError("the database is away")

    rendering(render)
    job = finished(workshop)
    annotation.annotate(job.pk)
    assert fresh(job).annotated_status == "running"
