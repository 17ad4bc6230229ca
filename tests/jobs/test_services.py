"""Requests of people that change jobs."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.callers import SERVER
from jobs import storage
from jobs.models import Job
from jobs.services import (
    cancel_job,
    delete_half_uploads,
    delete_job,
    delete_unknown_files,
    prune_jobs,
    request_annotated,
    retry_job,
    submit_job,
)
from jobs.worker import leases
from pipelines.errors import InvalidDefinition, UnknownPipeline
from pipelines.models import Pipeline
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop, fresh, indices_of, stored


def test_a_submission_waits_for_a_worker(workshop: Workshop) -> None:
    job = fresh(workshop.submit(frame_stride=3, max_frames=2, device="cpu"))

    assert (job.status, job.pipeline_id, job.pipeline_name) == ("pending", "look", "The look")
    assert (job.frame_stride, job.max_frames, job.frames_total, job.device_requested) == (3, 2, 2, "cpu")
    assert job.source_path.is_file()
    delivery = DBTaskResult.objects.get(pk=job.delivery_id)
    assert (delivery.status, delivery.args_kwargs["args"]) == ("READY", [str(job.pk)])


def test_a_job_keeps_the_pipeline_that_it_was_submitted_with(workshop: Workshop) -> None:
    row = Pipeline()
    row.take(definition("look", "eye"))
    row.save()
    job = submit_job(source=stored(workshop.clip()), pipeline_id="eye")
    row.take(definition("look", "eye", fails=[1, 2, 3]))
    row.save()
    assert workshop.work(job).warnings == []


def test_what_cannot_run_is_not_taken(workshop: Workshop) -> None:
    source = stored(workshop.clip())
    with pytest.raises(UnknownPipeline):
        submit_job(source=source, pipeline_id="nope")
    with pytest.raises(InvalidDefinition, match="nodes"):
        submit_job(source=source, definition={**definition(), "nodes": []})
    assert not Job.objects.exists()


def test_cancel(workshop: Workshop) -> None:
    job = workshop.submit()
    assert cancel_job(job_id=job.pk, caller=SERVER)
    cancelled = fresh(job)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at
    assert cancelled.version > job.version
    assert workshop.work(job).status == "cancelled", "its delivery comes to nothing"
    assert not cancel_job(job_id=job.pk, caller=SERVER), "once only"
    assert not cancel_job(job_id=uuid4(), caller=SERVER)


def test_retry_goes_on_where_it_stopped(workshop: Workshop, settings: Any) -> None:
    job = workshop.submit()
    assert not retry_job(job_id=job.pk, caller=SERVER), "it waits already"
    claimed = leases.claim_job(job.pk, "me")
    assert claimed
    leases.fail(leases.Claim(job.pk, "me"), "internal_error", "It broke", strikes=3, losses=2)
    assert retry_job(job_id=job.pk, caller=SERVER)
    again = fresh(job)
    assert (again.status, again.strikes, again.losses, again.error_code, again.error_message) == (
        *("pending", 0, 0),
        *("", ""),
    )
    assert again.finished_at is None
    assert indices_of(workshop.work(job)) == list(range(1, 9))
    assert not retry_job(job_id=job.pk, caller=SERVER), "it is completed"


@pytest.mark.parametrize("state", ["pending", "running", "completed"])
def test_delete_takes_the_files_along(workshop: Workshop, state: str) -> None:
    job = workshop.submit()
    if state == "running":
        assert leases.claim_job(job.pk, "me")
        storage.result_dir(job.pk).mkdir(parents=True)
    if state == "completed":
        workshop.work(job)
    assert delete_job(job_id=job.pk, caller=SERVER)
    assert not Job.objects.exists()
    assert not storage.upload_dir(job.pk).exists()
    assert not storage.result_dir(job.pk).exists()
    assert not leases.is_held(leases.Claim(job.pk, "me"))
    assert not delete_job(job_id=job.pk, caller=SERVER)


def test_prune_deletes_what_was_over_long_ago(workshop: Workshop) -> None:
    old, young, waiting = workshop.submit(), workshop.submit(), workshop.submit()
    for job in (old, young):
        workshop.work(job)
    Job.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=8))
    assert prune_jobs(older_than=timedelta(days=7)) == 1
    assert set(Job.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}


NOW = timedelta(seconds=-5)


def test_uploads_that_broke_off_are_deleted_after_a_while(workshop: Workshop) -> None:
    job = workshop.submit()
    half, other = storage.upload_dir(uuid4()), storage.upload_dir(uuid4())
    for folder, name in ((half, storage.ARRIVING), (other, "source.mp4")):
        folder.mkdir(parents=True)
        (folder / name).touch()
    stranger = storage.upload_dir(job.pk).parent / "notes"
    stranger.mkdir()
    delete_half_uploads()
    assert half.is_dir(), "it may still be going on"
    delete_half_uploads(older_than=NOW)
    assert not half.exists()
    assert other.is_dir(), "another database may know of it"
    assert delete_unknown_files() == 0
    assert delete_unknown_files(older_than=NOW) == 1
    assert not other.exists()
    assert stranger.is_dir()
    assert job.source_path.is_file()


def test_an_annotated_video_is_made_of_finished_jobs_with_results(workshop: Workshop) -> None:
    job = workshop.submit()
    assert not request_annotated(job_id=job.pk, caller=SERVER), "there is nothing to draw"
    workshop.work(job)
    assert request_annotated(job_id=job.pk, caller=SERVER)
    asked = fresh(job)
    assert asked.annotated_status == "pending"
    assert DBTaskResult.objects.get(pk=asked.delivery_id).task_path == "jobs.tasks.annotate_job"
    assert not request_annotated(job_id=job.pk, caller=SERVER), "once is enough"


def test_every_change_is_a_new_version_and_told(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    notified: list[Any] = []
    monkeypatch.setattr("jobs.moves.notify_change", notified.append)
    job = workshop.submit()
    cancel_job(job_id=job.pk, caller=SERVER)
    retry_job(job_id=job.pk, caller=SERVER)
    assert notified == [job.pk, job.pk]
    assert fresh(job).version == job.version + 2


def test_a_retry_takes_the_drawing_back(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit())
    Job.objects.filter(pk=job.pk).update(status="cancelled")
    assert request_annotated(job_id=job.pk, caller=SERVER)
    assert leases.claim_annotation(job.pk, "painter/1")
    assert retry_job(job_id=job.pk, caller=SERVER)
    again = fresh(job)
    assert (again.annotated_status, again.lease_owner) == ("none", "")
    assert leases.claim_annotation(job.pk, "painter/2") is None
