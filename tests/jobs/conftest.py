"""Fixtures of the jobs' tests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Job
from jobs.worker import worker_process
from pipelines.runtime import override_engine
from tests.forgesyte.log_fields import as_documented
from tests.jobs.workshop import Workshop, bench_engine


@pytest.fixture(autouse=True)
def events_as_documented(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """All that jobs and workers log is as docs/ENDPOINTS.md says."""
    with as_documented("jobs", caplog):
        yield


@pytest.fixture
def workshop(
    tmp_path: Path, settings: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workshop]:
    """A data folder of its own, chunks of three frames, and an engine with the tools of the bench."""
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path / "data")
    settings.JOBS = replace(settings.JOBS, chunk_frames=3, chunk_s=60.0, progress_s=0.0)
    monkeypatch.setattr(worker_process, "_this_process", None)
    with override_engine(bench_engine(tmp_path)) as engine:
        yield Workshop(tmp_path)
        engine.close()
    if worker_process._this_process is not None:
        worker_process._this_process.leave()


@pytest.fixture
def waiting(workshop: Workshop) -> Job:
    """A job that no worker has yet."""
    return workshop.submit()


@pytest.fixture
def done(workshop: Workshop, waiting: Job) -> Job:
    """A job of eight frames that is completed."""
    return workshop.work(waiting)
