"""The result writer: when chunks are written for good, and when progress is told."""

from dataclasses import replace
from typing import Any

import pytest

from jobs import storage
from jobs.models import Job
from jobs.results.result_lines import Line, result_line
from jobs.worker import leases
from jobs.worker.leases import Claim
from jobs.worker.result_writer import ResultWriter
from tests.clock import Clock
from tests.jobs.workshop import Workshop


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(workshop: Workshop, clock: Clock, settings: Any) -> ResultWriter:
    """Of a job that runs; a chunk is due after 20 s or three frames, word of the progress after 5 s."""
    settings.JOBS = replace(settings.JOBS, chunk_frames=3, chunk_s=20.0, progress_s=5.0)
    job = leases.claim_job(workshop.submit().pk, "me")
    assert job
    storage.make_result_dir(job.pk)
    return ResultWriter(job, Claim(job.pk, "me", job.attempt), {"first": "bench.look"}, clock)


def line(index: int) -> Line:
    return result_line(index, index / 5, {"detections": []}, {"first": 1.0}, [])


def test_a_chunk_is_due_after_so_many_frames(writer: ResultWriter) -> None:
    due = []
    for index in range(1, 7):
        writer.add(line(index))
        due.append(writer.is_due)
        if writer.is_due:
            writer.keep({})
    assert due == [False, False, True] * 2


def test_a_chunk_is_due_after_a_while_and_so_is_the_next(writer: ResultWriter, clock: Clock) -> None:
    due = []
    for index in (1, 2):
        writer.add(line(index))
        for seconds in (0, 19.9, 0.1):
            clock.now += seconds
            due.append(writer.is_due)
        writer.keep({})
    assert due == [False, False, True] * 2, "what was kept a moment ago is not due again"


def test_nothing_is_due_where_nothing_has_come(writer: ResultWriter, clock: Clock) -> None:
    clock.now += 1000
    assert not writer.is_due


def test_progress_is_told_every_few_seconds(writer: ResultWriter, clock: Clock) -> None:
    def told() -> int:
        writer.tell_progress()
        return Job.objects.get().frames_done

    writer.add(line(1))
    clock.now += 4.9
    assert told() == 0
    clock.now += 0.1
    assert told() == 1
    writer.add(line(2))
    assert told() == 1, "it was told a moment ago"
    clock.now += 5
    assert told() == 2


def test_what_is_kept_says_where_to_go_on(writer: ResultWriter) -> None:
    for index in (1, 2):
        writer.add(line(index))
    writer.keep({"first": b"seen two"})
    job = Job.objects.get()
    [chunk] = job.chunks.all()
    assert (chunk.number, chunk.first_frame, chunk.last_frame, chunk.lines) == (1, 1, 2, 2)
    assert (job.next_frame, job.chunks_done, job.frames_done, job.progress) == (3, 1, 2, 25.0)
    assert writer.read_states() == {"first": b"seen two"}
