"""Queries about jobs."""

import inspect
from types import ModuleType
from uuid import uuid4

import pytest

from accounts.callers import SERVER
from jobs import selectors, services
from jobs.models import Job
from jobs.realtime import db_reader
from jobs.selectors import (
    BadCursor,
    counts_by_status,
    get_job,
    last_line,
    list_jobs,
    queue_depth,
    read_lines,
    read_raw_lines,
)
from jobs.services import cancel_job
from tests.jobs.workshop import Workshop


@pytest.fixture
def jobs(workshop: Workshop) -> list[Job]:
    """Five jobs, the oldest first; the second one is cancelled."""
    clip = workshop.clip()
    jobs = [workshop.submit(clip, tool="look" if n % 2 else "count") for n in range(5)]
    cancel_job(job_id=jobs[1].pk, caller=SERVER)
    return jobs


def test_pages_hold_every_job_once(jobs: list[Job]) -> None:
    seen, cursor = [], ""
    while True:
        page = list_jobs(caller=SERVER, limit=2, cursor=cursor)
        seen += [job.pk for job in page.jobs]
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert seen == [job.pk for job in reversed(jobs)]


def test_a_job_that_comes_meanwhile_moves_no_page(jobs: list[Job], workshop: Workshop) -> None:
    page = list_jobs(caller=SERVER, limit=2)
    workshop.submit()
    assert [job.pk for job in list_jobs(caller=SERVER, limit=9, cursor=page.next_cursor or "").jobs] == [
        job.pk for job in reversed(jobs[:3])
    ]


def test_filters(jobs: list[Job]) -> None:
    assert [job.pk for job in list_jobs(caller=SERVER, status="cancelled").jobs] == [jobs[1].pk]
    assert len(list_jobs(caller=SERVER, status=["cancelled", "pending"]).jobs) == 5
    assert len(list_jobs(caller=SERVER, status="").jobs) == 5
    assert {job.pipeline_id for job in list_jobs(caller=SERVER, pipeline_id="count").jobs} == {"count"}


@pytest.mark.parametrize("cursor", ["x", "bm8=", "MjAyNi0wMS0wMSB4", "MjAyNi0wMS0wMVQwMDowMDowMCB4", "é"])
def test_cursors_of_others_are_refused(jobs: list[Job], cursor: str) -> None:
    with pytest.raises(BadCursor):
        list_jobs(caller=SERVER, cursor=cursor)


def test_counts(jobs: list[Job]) -> None:
    assert counts_by_status() == {"pending": 4, "running": 0, "completed": 0, "failed": 0, "cancelled": 1}
    assert queue_depth() == 4
    found = get_job(jobs[0].pk, SERVER)
    assert found == jobs[0]
    assert get_job(uuid4(), SERVER) is None


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, list(range(1, 9))),
        (1, 3, [1, 2, 3]),
        (3, 4, [3, 4]),
        (5, None, [5, 6, 7, 8]),
        (None, 2, [1, 2]),
        (7, 99, [7, 8]),
        (9, None, []),
        (5, 4, []),
    ],
)
def test_any_stretch_of_results_can_be_read(
    workshop: Workshop, first: int | None, last: int | None, expected: list[int]
) -> None:
    job = workshop.work(workshop.submit())
    assert [line["frame_index"] for line in read_lines(job, first, last)] == expected
    assert all(line.endswith(b"\n") for line in read_raw_lines(job, first, last))


def test_the_newest_line(workshop: Workshop) -> None:
    job = workshop.submit()
    assert last_line(job) is None
    newest = last_line(workshop.work(job))
    assert newest is not None
    assert newest["frame_index"] == 8


@pytest.mark.parametrize("module", [selectors, services, db_reader], ids=lambda module: module.__name__)
def test_no_function_assumes_who_asks(module: ModuleType) -> None:
    found = [
        (name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if "caller" in inspect.signature(function).parameters
    ]
    assert found
    assumed = [
        name
        for name, function in found
        if inspect.signature(function).parameters["caller"].default is not inspect.Parameter.empty
    ]
    assert assumed == []
