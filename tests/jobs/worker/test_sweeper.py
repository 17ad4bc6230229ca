"""Jobs of dead workers, and jobs that nobody would have heard of any more."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from jobs import delivery, storage
from jobs.models import Job
from jobs.worker import leases, sweeper
from jobs.worker.frame_marker import FrameMarker
from jobs.worker.liveness import SUFFIX, Liveness, dead_workers, host_name, is_alive, new_worker_id
from jobs.worker.retry_policy import MAX_LOSSES
from jobs.worker.sweeper import Swept, sweep, sweep_files
from tests.jobs.workshop import Workshop, abandon, fresh

LATE = timedelta(minutes=1)


@pytest.fixture
def dead(workshop: Workshop) -> str:
    """The id of a worker of this host that has died."""
    worker_id = new_worker_id()
    leave_dead(worker_id)
    return worker_id


def leave_dead(worker_id: str) -> None:
    folder = storage.data_dir() / storage.WORKERS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{worker_id}{SUFFIX}").touch()


def running(workshop: Workshop, owner: str, at_frame: int | None = None) -> Job:
    """A job that somebody runs, and the frame at which it is."""
    job = leases.claim_job(workshop.submit().pk, owner)
    assert job
    if at_frame:
        mark(job, at_frame)
    return job


def mark(job: Job, frame: int) -> None:
    storage.result_dir(job.pk).mkdir(parents=True, exist_ok=True)
    marker = FrameMarker(storage.marker_path(job.pk, job.attempt))
    marker.mark(frame)
    marker.close()


def test_a_lease_that_ran_out_frees_the_job(workshop: Workshop) -> None:
    job = running(workshop, "elsewhere/1")
    assert sweep() == Swept(0, 0)
    abandon(job)
    assert sweep() == Swept(1, 0)
    swept = fresh(job)
    assert (swept.status, swept.lease_owner, swept.losses, swept.lease_losses) == ("pending", "", 1, 1)
    assert (swept.strikes, swept.suspect_frame) == (0, None), "nobody knows where it was"
    assert DBTaskResult.objects.get(pk=swept.delivery_id).priority > 0, "what was begun comes first"
    assert sweep() == Swept(0, 0)


def test_a_worker_of_this_host_is_known_to_be_dead_at_once(workshop: Workshop, dead: str) -> None:
    job, other = running(workshop, f"{dead}/1"), running(workshop, "elsewhere/1")
    assert sweep() == Swept(1, 0)
    assert (fresh(job).status, fresh(other).status) == ("pending", "running")
    assert not list((storage.data_dir() / storage.WORKERS).iterdir()), "the dead are forgotten"


def test_the_living_are_left_alone(workshop: Workshop) -> None:
    worker_id = new_worker_id()
    liveness = Liveness(storage.data_dir() / storage.WORKERS, worker_id)
    job = running(workshop, f"{worker_id}/1")
    assert sweep() == Swept(0, 0)
    liveness.end()
    assert fresh(job).status == "running"


def test_a_worker_that_is_paused_keeps_its_job(workshop: Workshop) -> None:
    """A machine that slept: the lease has run out, and the worker holds its lock."""
    worker_id = new_worker_id()
    liveness = Liveness(storage.data_dir() / storage.WORKERS, worker_id)
    job = running(workshop, f"{worker_id}/1")
    abandon(job)
    assert sweep() == Swept(0, 0)
    assert leases.renew(leases.Claim(job.pk, f"{worker_id}/1")), "it goes on when it wakes"
    liveness.end()
    abandon(job)
    assert sweep() == Swept(1, 0)
    assert not leases.renew(leases.Claim(job.pk, f"{worker_id}/1")), "and here it finds out"


def test_a_worker_that_is_paused_for_good_loses_its_job(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    now = 0.0
    monkeypatch.setattr(sweeper, "patience", sweeper.Patience(lambda: now))
    worker_id = new_worker_id()
    liveness = Liveness(storage.data_dir() / storage.WORKERS, worker_id)
    job = running(workshop, f"{worker_id}/1")
    abandon(job)
    assert sweep() == Swept(0, 0)
    now = sweeper.SPARED_LEASES * settings.JOBS.lease_s - 1
    assert sweep() == Swept(0, 0)
    now += 2
    assert sweep() == Swept(1, 0)
    liveness.end()


def test_another_host_cannot_be_asked(workshop: Workshop) -> None:
    assert not is_alive(storage.data_dir() / storage.WORKERS, "elsewhere-1-a")


def test_a_worker_takes_nothing_from_itself(workshop: Workshop) -> None:
    job = running(workshop, "me/1")
    abandon(job)
    assert sweep([leases.Claim(job.pk, "me/1")]) == Swept(0, 0)
    assert sweep([leases.Claim(job.pk, "me/2")]) == Swept(1, 0)


def test_a_frame_that_kills_three_workers_ends_the_job(workshop: Workshop) -> None:
    job = running(workshop, "elsewhere/1", at_frame=5)
    for strikes in (1, 2):
        abandon(job)
        sweep()
        assert (fresh(job).status, fresh(job).strikes, fresh(job).suspect_frame) == ("pending", strikes, 5)
        again = leases.claim_job(job.pk, "elsewhere/1")
        assert again
        mark(again, 5)
    abandon(job)
    sweep()
    failed = fresh(job)
    assert (failed.status, failed.error_code) == ("failed", "worker_died")
    assert failed.error_message == "Its worker died 3 times at frame 5"
    assert failed.finished_at


def test_deaths_at_other_frames_or_while_loading_are_no_strikes(workshop: Workshop) -> None:
    job = running(workshop, "elsewhere/1", at_frame=5)
    for frame in (6, None, 7, None, 6, 8):
        abandon(job)
        sweep()
        again = leases.claim_job(job.pk, "elsewhere/1")
        assert again
        assert again.strikes == 1
        if frame:
            mark(again, frame)
    assert fresh(job).lease_losses == 6


def test_a_job_that_never_gets_on_ends_at_last(workshop: Workshop) -> None:
    job = running(workshop, "elsewhere/1")
    Job.objects.filter(pk=job.pk).update(losses=MAX_LOSSES - 1)
    abandon(job)
    sweep()
    failed = fresh(job)
    assert (failed.status, failed.error_code) == ("failed", "worker_died")
    assert failed.error_message == f"Its worker died {MAX_LOSSES} times without getting on"


def annotating(workshop: Workshop, strikes: int = 0) -> Job:
    job = workshop.work(workshop.submit())
    Job.objects.filter(pk=job.pk).update(annotated_status="pending", strikes=strikes, suspect_frame=0)
    assert leases.claim_annotation(job.pk, "elsewhere/1")
    abandon(job)
    return job


def test_the_annotated_video_goes_to_another_worker_too(workshop: Workshop) -> None:
    job = annotating(workshop)
    assert sweep() == Swept(1, 0)
    swept = fresh(job)
    assert (swept.status, swept.annotated_status, swept.lease_owner) == ("completed", "pending", "")
    assert DBTaskResult.objects.get(pk=swept.delivery_id).task_path == "jobs.tasks.annotate_job"


def test_an_annotated_video_that_kills_three_workers_is_given_up(workshop: Workshop) -> None:
    job = annotating(workshop, strikes=2)
    sweep()
    failed = fresh(job)
    assert (failed.status, failed.annotated_status) == ("completed", "failed")
    assert failed.annotated_error == "3 workers died while they made it"


@pytest.mark.parametrize("forgotten", ["lost", "taken", "never"])
def test_a_job_that_nobody_heard_of_is_delivered_again(workshop: Workshop, forgotten: str) -> None:
    job = workshop.submit()
    if forgotten == "lost":
        DBTaskResult.objects.all().delete()
    elif forgotten == "taken":
        DBTaskResult.objects.update(status="RUNNING")
    else:
        Job.objects.update(delivery_id="", delivered_at=None)
    assert sweep().delivered == 0, "it may be underway"
    Job.objects.update(updated_at=timezone.now() - LATE)
    if forgotten != "never":
        Job.objects.update(delivered_at=timezone.now() - LATE)
    assert sweep().delivered == 1
    assert str(DBTaskResult.objects.latest("enqueued_at").pk) == fresh(job).delivery_id
    assert sweep().delivered == 0


def test_a_job_that_waits_its_turn_is_left_alone(workshop: Workshop) -> None:
    workshop.submit()
    Job.objects.update(delivered_at=timezone.now() - LATE)
    assert sweep().delivered == 0


def test_an_annotated_video_that_nobody_heard_of_is_delivered_again(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit())
    Job.objects.update(annotated_status="pending", delivered_at=timezone.now() - LATE)
    DBTaskResult.objects.all().delete()
    assert sweep().delivered == 1
    assert DBTaskResult.objects.get(pk=fresh(job).delivery_id).task_path == "jobs.tasks.annotate_job"


@pytest.fixture
def other_backend(settings: Any) -> None:
    """A backend that cannot be asked what became of a delivery."""
    settings.JOBS = replace(settings.JOBS, task_backend="django_tasks.backends.dummy.DummyBackend")
    settings.TASKS = {"default": {"BACKEND": settings.JOBS.task_backend}}


def test_another_backend_delivers_too_and_again_after_a_while(
    workshop: Workshop, other_backend: None
) -> None:
    job = workshop.submit()
    delivered = fresh(job).delivery_id
    assert delivered
    assert not DBTaskResult.objects.exists()
    Job.objects.update(delivered_at=timezone.now() - LATE)
    assert sweep().delivered == 0
    Job.objects.update(delivered_at=timezone.now() - delivery.LOST_AFTER)
    assert sweep().delivered == 1
    assert fresh(job).delivery_id != delivered


def test_deliveries_are_tidied(workshop: Workshop, dead: str) -> None:
    workshop.submit()
    workshop.submit()
    died, lives = DBTaskResult.objects.all()
    DBTaskResult.objects.filter(pk=died.pk).update(status="RUNNING", worker_ids=["x", dead])
    DBTaskResult.objects.filter(pk=lives.pk).update(status="RUNNING", worker_ids=["elsewhere"])
    sweep()
    found = dict(DBTaskResult.objects.values_list("pk", "status"))
    assert found == {died.pk: "FAILED", lives.pk: "RUNNING"}
    DBTaskResult.objects.filter(pk=died.pk).update(finished_at=timezone.now() - timedelta(days=2))
    sweep()
    assert set(DBTaskResult.objects.values_list("pk", flat=True)) == {lives.pk}


def test_old_jobs_go_where_so_set(workshop: Workshop, settings: Any) -> None:
    old, young, new = (workshop.work(workshop.submit(max_frames=1)) for _ in range(3))
    waiting = workshop.submit()
    for job, days in ((old, 3), (young, 1)):
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(days=days))
    sweep_files()
    assert Job.objects.count() == 4, "nothing is deleted unless it is asked for"
    settings.JOBS = replace(settings.JOBS, keep_s=timedelta(days=2).total_seconds())
    sweep_files()
    assert set(Job.objects.values_list("pk", flat=True)) == {young.pk, new.pk, waiting.pk}
    assert not storage.upload_dir(old.pk).exists()
    for kept in (young, new, waiting):
        assert kept.source_path.is_file()


def test_an_upload_that_may_still_go_on_is_left_alone(workshop: Workshop) -> None:
    half, broken_off = storage.upload_dir(uuid4()), storage.upload_dir(uuid4())
    for folder in (half, broken_off):
        folder.mkdir(parents=True)
        (folder / storage.ARRIVING).touch()
    two_days_ago = time.time() - timedelta(days=2).total_seconds()
    for path in (broken_off / storage.ARRIVING, broken_off):
        os.utime(path, (two_days_ago, two_days_ago))
    sweep_files()
    assert (half.exists(), broken_off.exists()) == (True, False)


def test_the_dead_stay_where_the_sweep_fails(workshop: Workshop, dead: str) -> None:
    folder = storage.data_dir() / storage.WORKERS

    def fail() -> None:
        with dead_workers(folder) as found:
            assert found == {dead}
            raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError, match="away"):
        fail()
    with dead_workers(folder) as found:
        assert found == {dead}


def test_two_who_look_never_see_the_same_dead(tmp_path: Path) -> None:
    (tmp_path / f"{host_name()}-1-a{SUFFIX}").touch()
    (tmp_path / f"elsewhere-1-a{SUFFIX}").touch()
    with dead_workers(tmp_path) as first, dead_workers(tmp_path) as second:
        assert first == {f"{host_name()}-1-a"}
        assert second == set()
    assert [path.name for path in tmp_path.iterdir()] == [f"elsewhere-1-a{SUFFIX}"]


def test_somebody_else_was_first(workshop: Workshop) -> None:
    job = running(workshop, "elsewhere/1")
    abandon(job)
    sweep()
    assert not sweeper.reclaim(job)
    assert fresh(job).losses == 1
    video = annotating(workshop)
    stale = fresh(video)
    sweep()
    assert not sweeper.reclaim(stale)
