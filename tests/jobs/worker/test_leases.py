"""Who has a job, and what only that attempt may write."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.models import Job, ResultChunk
from jobs.services import cancel_job, delete_job
from jobs.worker import leases
from jobs.worker.leases import Chunk, Claim, LeaseLost
from tests.jobs.workshop import Workshop

CHUNK = Chunk(number=1, first_frame=1, last_frame=3, lines=3, file="000001.1.jsonl")


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


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


def lose_by_cancel(job: Job) -> None:
    cancel_job(job_id=job.pk)


def lose_by_delete(job: Job) -> None:
    delete_job(job_id=job.pk)


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
