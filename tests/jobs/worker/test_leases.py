"""Leases: one attempt holds a job, and only that attempt may write."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.callers import SERVER
from jobs.models import Job, ResultChunk
from jobs.services import cancel_job, delete_job
from jobs.worker import leases
from jobs.worker.leases import Chunk, Claim, LeaseLost
from tests.jobs.workshop import Workshop, fresh

CHUNK = Chunk(number=1, first_frame=1, last_frame=3, lines=3, file="000001.1.jsonl")


def claimed(workshop: Workshop) -> tuple[Job, Claim]:
    job = leases.claim_job(workshop.submit().pk, "worker/1")
    assert job
    return job, Claim(job.pk, "worker/1", job.attempt)


def test_one_worker_gets_the_job(workshop: Workshop) -> None:
    job = workshop.submit()
    first, second = leases.claim_job(job.pk, "worker/1"), leases.claim_job(job.pk, "other/1")
    assert first
    assert second is None
    assert (first.status, first.lease_owner, first.attempt) == ("running", "worker/1", 1)
    assert first.lease_expires_at
    assert first.lease_expires_at > timezone.now() + timedelta(seconds=25)


def test_a_job_that_is_gone_on_with_shows_what_is_kept(workshop: Workshop) -> None:
    job, claim = claimed(workshop)
    leases.checkpoint(claim, CHUNK, next_frame=4, frames_done=3)
    leases.note(claim, frames_done=5)
    assert leases.release(claim)
    again = leases.claim_job(job.pk, "other/1")
    assert again
    assert (again.frames_done, again.attempt, again.next_frame) == (3, 2, 4)
    assert again.started_at == job.started_at


def test_a_checkpoint_is_the_chunk_and_the_job_or_neither(workshop: Workshop) -> None:
    job, claim = claimed(workshop)
    Job.objects.filter(pk=job.pk).update(losses=7)
    leases.checkpoint(claim, CHUNK, next_frame=4)
    kept = fresh(job)
    assert (kept.chunks_done, kept.next_frame, kept.losses) == (1, 4, 0)
    for other in (CHUNK, Chunk(3, 7, 9, 3, "000003.1.jsonl")):
        with pytest.raises(LeaseLost):
            leases.checkpoint(claim, other, next_frame=99)
    assert (fresh(job).chunks_done, fresh(job).next_frame, ResultChunk.objects.count()) == (1, 4, 1)


@pytest.mark.parametrize("later", [{"status": "pending"}, {"attempt": 2}, {"annotated_status": "pending"}])
def test_a_cancelled_job_is_closed_once_more_is_asked_of_it(
    workshop: Workshop, later: dict[str, Any]
) -> None:
    (job, claim), (_, other) = claimed(workshop), claimed(workshop)
    assert not leases.was_cancelled(claim)
    cancel_job(job_id=job.pk, caller=SERVER)
    assert leases.was_cancelled(claim)
    assert not leases.was_cancelled(other)
    Job.objects.filter(pk=job.pk).update(**later)
    assert not leases.was_cancelled(claim)
    with pytest.raises(LeaseLost):
        leases.checkpoint_cancelled(claim, CHUNK)


def lose_by_cancel(job: Job) -> None:
    cancel_job(job_id=job.pk, caller=SERVER)


def lose_by_delete(job: Job) -> None:
    delete_job(job_id=job.pk, caller=SERVER)


def lose_to_another(job: Job) -> None:
    leases.release(Claim(job.pk, "worker/1"))
    assert leases.claim_job(job.pk, "other/1")


@pytest.mark.parametrize("lose", [lose_by_cancel, lose_by_delete, lose_to_another])
def test_who_has_lost_a_job_writes_nothing_more(workshop: Workshop, lose: Any) -> None:
    job, claim = claimed(workshop)
    lose(job)
    before = Job.objects.filter(pk=job.pk).values().first()

    assert not leases.is_held(claim)
    assert not leases.renew(claim)
    assert not leases.complete(claim)
    assert not leases.fail(claim, "internal_error", "It broke")
    assert not leases.release(claim)
    with pytest.raises(LeaseLost):
        leases.note(claim, frames_done=3)
    with pytest.raises(LeaseLost):
        leases.checkpoint(claim, CHUNK, next_frame=4)
    assert Job.objects.filter(pk=job.pk).values().first() == before
    assert not ResultChunk.objects.exists()


def test_a_lease_is_renewed_silently(workshop: Workshop) -> None:
    job, claim = claimed(workshop)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now())
    assert leases.renew(claim)
    renewed = fresh(job)
    assert renewed.lease_expires_at
    assert renewed.lease_expires_at > timezone.now() + timedelta(seconds=25)
    assert renewed.version == job.version


def test_the_annotated_video_has_a_lease_of_its_own(workshop: Workshop) -> None:
    job, claim = claimed(workshop)
    leases.complete(claim)
    Job.objects.filter(pk=job.pk).update(annotated_status="pending")
    assert leases.claim_annotation(job.pk, "worker/2")
    assert leases.claim_annotation(job.pk, "worker/3") is None
    video = Claim(job.pk, "worker/2", draws=True)
    assert leases.renew(video)
    assert leases.finish_drawing(video)
    assert (fresh(job).annotated_status, fresh(job).lease_owner) == ("ready", "")
    assert not leases.fail_drawing(video, "It broke")


@pytest.mark.parametrize(
    "fields",
    [{"status": "sleeping"}, {"status": "running", "lease_owner": ""}, {"progress": 101}, {"progress": -1}],
)
def test_the_database_refuses_what_makes_no_sense(workshop: Workshop, fields: dict[str, Any]) -> None:
    job = workshop.submit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**fields)


def test_what_one_attempt_writes_changes_no_other_job(workshop: Workshop) -> None:
    """The other job has the same worker, the same state and results of its own."""
    job, claim = claimed(workshop)
    other, others_claim = claimed(workshop)
    leases.checkpoint(others_claim, CHUNK, next_frame=4)
    before = Job.objects.filter(pk=other.pk).values().get()

    assert leases.is_held(claim)
    assert leases.renew(claim)
    leases.note(claim, frames_done=2)
    leases.checkpoint(claim, Chunk(1, 1, 5, 5, "000001.1.jsonl", size_bytes=9), next_frame=6)
    assert leases.release(claim)
    again = leases.claim_job(job.pk, "worker/1")
    assert again
    assert (again.pk, again.attempt, again.frames_done, again.result_bytes) == (job.pk, 2, 5, 9)
    assert leases.complete(claim)
    assert Job.objects.filter(pk=other.pk).values().get() == before


def test_a_checkpoint_keeps_all_of_its_chunk(workshop: Workshop) -> None:
    job, claim = claimed(workshop)
    leases.checkpoint(claim, Chunk(1, 2, 7, 5, "000001.1.jsonl"), next_frame=8)
    kept = ResultChunk.objects.get()
    assert (kept.job_id, kept.number, kept.file) == (job.pk, 1, "000001.1.jsonl")
    assert (kept.first_frame, kept.last_frame, kept.lines) == (2, 7, 5)


def test_only_an_attempt_that_runs_has_a_checkpoint(workshop: Workshop) -> None:
    job, claim = claimed(workshop)
    Job.objects.filter(pk=job.pk).update(status="completed", annotated_status="running")
    with pytest.raises(LeaseLost):
        leases.checkpoint(claim, CHUNK, next_frame=4)


def test_the_end_has_its_time_and_its_reason(workshop: Workshop) -> None:
    (done, first), (broken, second) = claimed(workshop), claimed(workshop)
    began = timezone.now()
    leases.complete(first)
    leases.fail(second, "no_frames", "It has no picture")
    for job in (done, broken):
        finished_at = fresh(job).finished_at
        assert finished_at
        assert began <= finished_at <= timezone.now()
    assert (fresh(broken).error_code, fresh(broken).error_message) == ("no_frames", "It has no picture")


def drawn(workshop: Workshop, owner: str) -> tuple[Job, Claim]:
    """A job whose annotated video is being made."""
    job, claim = claimed(workshop)
    leases.complete(claim)
    Job.objects.filter(pk=job.pk).update(annotated_status="pending")
    assert leases.claim_annotation(job.pk, owner)
    return job, Claim(job.pk, owner, draws=True)


def test_a_video_ends_at_100_percent_or_with_its_reason(workshop: Workshop) -> None:
    (made, first), (broken, second) = drawn(workshop, "worker/2"), drawn(workshop, "worker/3")
    assert leases.finish_drawing(first, annotated_bytes=7)
    assert leases.fail_drawing(second, "It broke")
    assert (fresh(made).annotated_progress, fresh(made).annotated_bytes) == (100.0, 7)
    assert (fresh(broken).annotated_status, fresh(broken).annotated_error) == ("failed", "It broke")


@pytest.mark.parametrize(
    "fields", [{"status": "pending", "lease_owner": ""}, {"status": "completed", "lease_owner": "worker/9"}]
)
def test_only_a_job_that_is_over_and_free_waits_to_be_drawn(
    workshop: Workshop, fields: dict[str, Any]
) -> None:
    job, _ = claimed(workshop)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(annotated_status="pending", **fields)
