"""Attempts that end in an error, and deliveries that come to nothing."""

import errno
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import av
import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.callers import SERVER
from jobs import storage
from jobs.models import Job
from jobs.services import cancel_job, delete_job, retry_job
from jobs.tasks import annotate_job, run_job
from jobs.worker import job_run, result_writer, runner
from jobs.worker.leases import Claim, LeaseLost
from jobs.worker.worker import Worker
from jobs.worker.worker_process import this_process
from tests.jobs.workshop import Workshop, fresh, indices_of
from tests.pipelines.clips import packets_of, spoil


def test_deliveries_are_worked_off(workshop: Workshop) -> None:
    jobs = [workshop.submit() for _ in range(3)]
    Worker().drain()
    assert [fresh(job).status for job in jobs] == ["completed"] * 3
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


def test_a_second_delivery_does_nothing(workshop: Workshop) -> None:
    job = workshop.submit()
    run_job.enqueue(str(job.pk))
    run_job.enqueue(str(uuid4()))
    annotate_job.enqueue(str(job.pk))
    Worker().drain()
    assert (fresh(job).status, fresh(job).attempt) == ("completed", 1)
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


def test_a_worker_that_is_to_stop_takes_nothing_up(workshop: Workshop) -> None:
    job = workshop.submit()
    this_process().stopping.set()
    assert workshop.work(job).status == "pending"


def test_three_attempts_that_end_in_an_error_are_enough(workshop: Workshop) -> None:
    job = workshop.submit(fails_to_open="no such network")
    for strikes in (1, 2):
        job = workshop.work(job)
        assert (job.status, job.strikes, job.lease_owner) == ("pending", strikes, "")
        later = DBTaskResult.objects.get(pk=job.delivery_id).run_after
        assert later > timezone.now(), "the next attempt is not made at once"
    job = workshop.work(job)
    assert (job.status, job.error_code, job.error_message) == (
        *("failed", "pipeline_failure"),
        "The bench broke",
    )
    assert job.finished_at
    assert retry_job(job_id=job.pk, caller=SERVER)
    assert workshop.work(job).strikes == 1


def test_what_nobody_foresaw_is_told_in_the_log_only(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*arguments: Any) -> None:
        raise RuntimeError("secret inner workings")

    monkeypatch.setattr(runner.Runner, "_give_way", breaks)
    job = workshop.submit()
    for _ in range(3):
        workshop.work(job)
    failed = fresh(job)
    assert (failed.status, failed.error_code, failed.suspect_frame) == ("failed", "internal_error", 0)
    assert "secret" not in failed.error_message
    ends = [record for record in caplog.records if record.message in ("job_attempt_failed", "job_failed")]
    assert [record.levelname for record in ends] == ["WARNING", "WARNING", "ERROR"]
    assert ["secret inner workings" in str(record.exc_info) for record in ends] == [True] * 3


def test_a_pipeline_that_is_not_valid_any_more_has_no_hope(workshop: Workshop) -> None:
    job = workshop.submit()
    broken = {**job.definition, "nodes": [{**job.definition["nodes"][0], "tool_id": "gone"}]}
    Job.objects.filter(pk=job.pk).update(definition=broken)
    job = workshop.work(job)
    assert (job.status, job.error_code) == ("failed", "invalid_pipeline")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "cannot be read as a video"), (b"just some words", "cannot be read as a video")],
)
def test_a_file_that_is_no_video_fails_at_once(workshop: Workshop, content: bytes, said: str) -> None:
    path = workshop.folder / "holiday.mp4"
    path.write_bytes(content)
    job, next_job = workshop.submit(path), workshop.submit()
    Worker().drain()
    failed = fresh(job)
    assert (failed.status, failed.error_code, failed.attempt) == ("failed", "invalid_video", 1)
    assert failed.error_message.startswith(f"holiday.mp4 {said}")
    assert fresh(next_job).status == "completed"


def test_a_video_that_was_cut_off_is_worked_on_as_far_as_it_goes(workshop: Workshop) -> None:
    clip = with_index_first(workshop.clip("late.mp4"), workshop.folder / "clip.mp4")
    position, _ = packets_of(clip)[5]
    clip.write_bytes(clip.read_bytes()[: position + 8])
    job = workshop.work(workshop.submit(clip))
    assert job.status == "completed"
    assert indices_of(job)[:5] == [1, 2, 3, 4, 5]
    assert (job.frames_total, job.progress) == (job.frames_done, 100)
    assert job.warnings[-1] == f"The file announces 8 frames, and only {job.frames_done} were found"


def with_index_first(source: Path, target: Path) -> Path:
    """The same video, laid out so that it can be played while it is loaded."""
    options = {"movflags": "faststart"}
    with av.open(str(source)) as old, av.open(str(target), "w", options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return target


def test_a_video_without_its_index_fails_at_once(workshop: Workshop) -> None:
    clip = workshop.clip()
    clip.write_bytes(clip.read_bytes()[:-200])
    job = workshop.work(workshop.submit(clip))
    assert (job.status, job.error_code) == ("failed", "invalid_video")


def test_a_video_that_declares_ten_hours_ends_where_it_ends(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit(workshop.clip(), frames=10 * 3600 * 25))
    assert (job.status, job.frames_total, job.frames_done, job.progress) == ("completed", 8, 8, 100)
    assert job.warnings == [], "no frame is missing"
    assert job.duration_s == pytest.approx(0.8)


def test_a_video_whose_first_frame_is_corrupt(workshop: Workshop) -> None:
    clip = workshop.clip("clip.mp4", g="4", crf="10")
    spoil(clip, 1)
    job = workshop.work(workshop.submit(clip))
    assert job.status == "completed"
    assert indices_of(job) == list(range(1, job.frames_done + 1))
    assert job.warnings


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_ends_the_job_clearly_and_a_retry_goes_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write = storage.write_durably

    def full(path: Path, data: bytes) -> None:
        if path.name.startswith("000002"):
            raise OSError(number, "No space left on device")
        write(path, data)

    job, next_job = workshop.submit(tool="count"), workshop.submit(max_frames=2)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_durably", full)
        Worker().drain()
    failed = fresh(job)
    assert (failed.status, failed.error_code, failed.attempt) == ("failed", "disk_full", 1)
    assert failed.error_message.startswith("The disk is full.")
    assert fresh(next_job).status == "completed"
    assert indices_of(failed) == [1, 2, 3], "what was kept before can be read"
    assert retry_job(job_id=job.pk, caller=SERVER)
    assert indices_of(workshop.work(job)) == list(range(1, 9))


@pytest.mark.parametrize(
    "said", ["database or disk is full", "could not extend file: No space left on device"]
)
def test_a_full_disk_of_the_database_is_a_full_disk(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def full(*arguments: Any, **more: Any) -> None:
        raise OperationalError(said)

    job = workshop.submit()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.worker.leases.checkpoint", full)
        job = workshop.work(job)
    assert (job.status, job.error_code) == ("failed", "disk_full")


def test_a_database_too_full_to_say_so_is_left_to_the_sweeper(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **more: Any) -> bool:
        raise OperationalError("database or disk is full")

    job = workshop.submit()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.worker.leases.checkpoint", full)
        patch.setattr("jobs.worker.leases.fail", full)
        assert workshop.work(job).status == "running"


def test_a_job_that_is_lost_against_its_will_is_a_warning(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    job = workshop.submit()
    job_run.log_lost(job)
    cancel_job(job_id=job.pk, caller=SERVER)
    job_run.log_lost(job)
    levels = [record.levelname for record in caplog.records if record.message == "job_lease_lost"]
    assert levels == ["WARNING", "INFO"]
    assert said(caplog, "job_lease_lost") == [{"job_id": str(job.pk), "attempt": job.attempt}] * 2


def test_a_job_deleted_while_it_runs_leaves_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = workshop.submit()
    keep = result_writer.ResultWriter.keep

    def deleted(self: result_writer.ResultWriter, states: result_writer.States) -> None:
        delete_job(job_id=job.pk, caller=SERVER)
        keep(self, states)

    monkeypatch.setattr(result_writer.ResultWriter, "keep", deleted)
    job_run.run(job.pk)
    assert not Job.objects.exists()
    assert not storage.result_dir(job.pk).exists()
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]


def test_a_database_that_is_away_says_nothing_against_the_job(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: Any, **more: Any) -> None:
        raise OperationalError("the database is away")

    job = workshop.submit()
    with monkeypatch.context() as patch:
        patch.setattr("jobs.worker.leases.checkpoint", away)
        job = workshop.work(job)
    assert (job.status, job.strikes) == ("running", 0), "its lease runs out, and somebody goes on"


def test_of_a_job_that_is_gone_nobody_hears_how_it_ended(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    job = workshop.work(workshop.submit())
    caplog.clear()
    with caplog.at_level(logging.INFO):
        job_run.log_over(Claim(job.pk, "x"), job, 5)
        job_run.log_over(Claim(uuid4(), "x"), Job(pk=uuid4()), 5)
    assert [record.message for record in caplog.records] == ["job_completed"]


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The fields of each log line of this event."""
    return [getattr(record, "fields") for record in caplog.records if record.message == event]  # noqa: B009


def test_how_an_attempt_begins_and_ends_is_logged(
    workshop: Workshop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock gives an hour to each attempt."""
    clock = iter([100.0, 3700.0, 9000.0])
    monkeypatch.setattr(job_run, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    job = workshop.submit(max_frames=3)
    with caplog.at_level(logging.INFO):
        workshop.work(job)
    ids = {"job_id": str(job.pk), "pipeline_id": job.pipeline_id, "attempt": 1}
    assert said(caplog, "job_started") == [{**ids, "frame_index": 1}]
    assert said(caplog, "job_completed") == [{**ids, "frames": 3, "duration_ms": 3_600_000}]


def test_an_attempt_that_loses_its_job_says_so(
    workshop: Workshop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loses(self: runner.Runner) -> bool:
        raise LeaseLost

    monkeypatch.setattr(runner.Runner, "run", loses)
    job = workshop.work(workshop.submit())
    assert said(caplog, "job_lease_lost") == [{"job_id": str(job.pk), "attempt": 1}]


def test_an_attempt_whose_job_is_cancelled_is_not_said_to_be_completed(
    workshop: Workshop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner.Runner, "run", lambda self: False)
    with caplog.at_level(logging.INFO):
        workshop.work(workshop.submit())
    assert (len(said(caplog, "job_started")), said(caplog, "job_completed")) == (1, [])
