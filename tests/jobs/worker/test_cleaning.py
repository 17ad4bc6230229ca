"""Cleaning: old files are deleted, others stay."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs import storage
from jobs.models import Job
from jobs.services import prune_jobs
from jobs.worker import cleaning
from jobs.worker.cleaning import EVERY_S, Cleaning
from tests.jobs.workshop import Workshop

MONTH = timedelta(days=30)


@pytest.fixture
def at_once(workshop: Workshop, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker waits after its start."""
    monkeypatch.setattr(cleaning, "FIRST_AFTER_S", (0.0, 0.0))
    storage.data_dir().mkdir(parents=True, exist_ok=True)
    settings.JOBS = replace(settings.JOBS, keep_s=MONTH.total_seconds())


def finished(workshop: Workshop, ago: timedelta = 2 * MONTH, **fields: Any) -> Job:
    job = workshop.work(workshop.submit())
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - ago, **fields)
    return job


def there(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk).exists()


def test_a_worker_that_has_just_started_deletes_what_is_too_old(workshop: Workshop, at_once: None) -> None:
    job = finished(workshop)
    assert Cleaning().clean_if_due()
    assert not there(job)
    assert not storage.upload_dir(job.pk).exists()


def test_the_next_start_within_the_hour_does_not_and_the_next_day_does(
    workshop: Workshop, at_once: None
) -> None:
    assert Cleaning().clean_if_due()
    job = finished(workshop)
    assert Cleaning().clean_if_due() is False
    assert there(job)
    last = time.time() - EVERY_S
    os.utime(storage.cleaned_path(), (last, last))
    assert Cleaning().clean_if_due()
    assert not there(job)


def test_a_clock_that_was_wrong_stops_nothing(workshop: Workshop, at_once: None) -> None:
    ahead = time.time() + 1e6
    storage.cleaned_path().touch()
    os.utime(storage.cleaned_path(), (ahead, ahead))
    assert Cleaning().clean_if_due()


def test_not_in_the_first_moment(workshop: Workshop) -> None:
    assert Cleaning().clean_if_due() is False
    assert cleaning.FIRST_AFTER_S[1] <= 60


STAYS: dict[str, Callable[[Workshop], Job]] = {
    "not old enough": lambda workshop: finished(workshop, MONTH - timedelta(minutes=1)),
    "made long ago, over just now": lambda workshop: finished(
        workshop, timedelta(0), created_at=timezone.now() - 9 * MONTH
    ),
    "waits again": lambda workshop: finished(workshop, status="pending"),
    "runs again": lambda workshop: finished(workshop, status="running", lease_owner="me"),
    "its video is asked for": lambda workshop: finished(workshop, annotated_status="pending"),
    "its video is being made": lambda workshop: finished(
        workshop, annotated_status="running", lease_owner="me"
    ),
}


@pytest.mark.parametrize("what", STAYS)
def test_what_stays(workshop: Workshop, at_once: None, what: str) -> None:
    job, old = STAYS[what](workshop), finished(workshop)
    before = set(storage.data_dir().rglob(f"*{job.pk}*/*"))
    assert before
    assert Cleaning().clean_if_due()
    assert (there(job), there(old)) == (True, False)
    assert set(storage.data_dir().rglob(f"*{job.pk}*/*")) == before


def test_without_the_setting_nothing_is_too_old(workshop: Workshop, at_once: None, settings: Any) -> None:
    settings.JOBS = replace(settings.JOBS, keep_s=0.0)
    job = finished(workshop, 99 * MONTH)
    assert Cleaning().clean_if_due()
    assert there(job)


def test_a_job_that_is_asked_for_in_between_stays(
    workshop: Workshop, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = finished(workshop), finished(workshop)
    deleted: list[Any] = []

    def delete_files(job_id: Any) -> None:
        deleted.append(job_id)
        Job.objects.update(status="pending", finished_at=None)

    monkeypatch.setattr(storage, "delete_files", delete_files)
    assert prune_jobs(older_than=MONTH) == 1
    [left] = Job.objects.all()
    assert {left.pk, *deleted} == {first.pk, second.pk}
