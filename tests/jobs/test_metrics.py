"""The metrics of jobs in Prometheus."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from jobs import metrics, selectors
from jobs.models import Job
from tests.jobs.workshop import Workshop

ENDPOINTS = Path(__file__).resolve().parents[2] / "docs" / "ENDPOINTS.md"


def scraped(client: Client) -> dict[str, float]:
    """Every sample of the jobs' metrics."""
    page = client.get("/metrics").content.decode()
    samples = re.findall(r"^(jobs\S*) (\S+)$", page, re.MULTILINE)
    return {name: float(value) for name, value in samples}


def test_nothing_to_do(client: Client, workshop: Workshop) -> None:
    found = scraped(client)

    assert found['jobs{status="pending"}'] == found["jobs_queue_depth"] == found["jobs_frames"] == 0
    assert found["jobs_oldest_waiting_seconds"] == 0
    assert not [name for name in found if name.startswith("jobs_seconds_per_frame")]


def test_jobs_by_state_and_their_frames(client: Client, workshop: Workshop) -> None:
    workshop.work(workshop.submit())
    waiting = workshop.submit()
    hour_ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=waiting.pk).update(created_at=hour_ago, lease_losses=2)

    found = scraped(client)

    assert found['jobs{status="completed"}'] == found['jobs{status="pending"}'] == 1
    assert found['jobs{status="failed"}'] == 0
    assert found["jobs_queue_depth"] == 1
    assert found["jobs_frames"] == 8
    assert found["jobs_lease_losses"] == 2
    assert 3600 <= found["jobs_oldest_waiting_seconds"] < 3700


def test_seconds_per_frame(client: Client, workshop: Workshop) -> None:
    now = timezone.now()
    for seconds in (10, 30):
        job = workshop.submit()
        began = {"started_at": now - timedelta(seconds=seconds), "frames_done": 100}
        Job.objects.filter(pk=job.pk).update(**began, finished_at=now)
    old = workshop.submit(tool="count")
    Job.objects.filter(pk=old.pk).update(started_at=now - timedelta(hours=2), finished_at=now, frames_done=1)

    found = scraped(client)

    assert found['jobs_seconds_per_frame{pipeline_id="look"}'] == pytest.approx(0.2)
    assert 'jobs_seconds_per_frame{pipeline_id="count"}' not in found


def test_a_database_that_does_not_answer_spoils_no_other_metric(
    client: Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(selectors, "totals", fail)

    response = client.get("/metrics")

    assert response.status_code == 200
    assert b"python_info" in response.content
    assert scraped(client) == {"jobs_workers": 0, "jobs_workers_missing": 0}


def test_names_are_known_without_a_database() -> None:
    # Without the fixture of a database, a query would raise.
    assert connection.alias == "default"
    assert {family.name for family in metrics.JobsCollector().describe()} == {name for name, _ in metrics.ALL}


def test_every_metric_is_documented() -> None:
    page = ENDPOINTS.read_text()

    assert [name for name, _ in metrics.ALL if f"`{name}`" not in page] == []
