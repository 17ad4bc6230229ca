"""What workers write: they claim a job, hold it by a lease, keep what they have done, and let go of it.

Every write asks in its WHERE whether the job is still theirs. Cancelling and deleting a job, and giving it to
another worker, take `lease_owner` away, so an attempt that has lost its job changes nothing any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs.changes import change_one
from jobs.models import FINISHED, Job, ResultChunk


class LeaseLost(Exception):
    """The job belongs to another worker by now, or was cancelled or deleted."""


@dataclass(frozen=True)
class Claim:
    """One attempt at one job; `owner` is the attempt's own name, which begins with the worker's."""

    job_id: UUID
    owner: str
    attempt: int = 0


@dataclass(frozen=True)
class Chunk:
    """Lines that were written to a file and are to count from now on."""

    number: int
    first_frame: int
    last_frame: int
    lines: int
    file: str
    size_bytes: int = 0


def held(claim: Claim) -> QuerySet[Job]:
    """The job, if this attempt still has it."""
    return Job.objects.filter(pk=claim.job_id, lease_owner=claim.owner)


def claim_job(job_id: UUID, owner: str) -> Job | None:
    """Take a job that waits; None where another worker was first or nobody wants it any more."""
    now = timezone.now()
    with transaction.atomic():
        won = change_one(
            job_id,
            Job.objects.filter(status=Job.Status.PENDING),
            status=Job.Status.RUNNING,
            attempt=F("attempt") + 1,
            started_at=Coalesce("started_at", Value(now)),
            frames_done=kept_lines(job_id),
            **lease(owner, now),
        )
        return Job.objects.get(pk=job_id) if won else None


def claim_annotation(job_id: UUID, owner: str) -> Job | None:
    """Take a job whose annotated video waits to be made; None where there is none."""
    with transaction.atomic():
        waits = Job.objects.filter(
            status__in=FINISHED, annotated_status=Job.Annotated.PENDING, lease_owner=""
        )
        won = change_one(
            job_id, waits, annotated_status=Job.Annotated.RUNNING, **lease(owner, timezone.now())
        )
        return Job.objects.get(pk=job_id) if won else None


def lease(owner: str, now: datetime) -> dict[str, Any]:
    """The fields of a lease that begins now."""
    expires_at = now + timedelta(seconds=settings.JOBS.lease_s)
    return {"lease_owner": owner, "lease_expires_at": expires_at, "heartbeat_at": now}


NO_LEASE: Mapping[str, Any] = {"lease_owner": "", "lease_expires_at": None}


def kept_lines(job_id: UUID) -> int:
    """How many lines of results the job has for good."""
    found = ResultChunk.objects.filter(job_id=job_id).aggregate(lines=Sum("lines"))["lines"]
    return found or 0


def renew(claim: Claim) -> bool:
    """Hold the job for another while; False where it is lost. No news for anybody."""
    return held(claim).update(**lease(claim.owner, timezone.now())) == 1


def is_held(claim: Claim) -> bool:
    """Whether the attempt still has its job."""
    return held(claim).exists()


def note(claim: Claim, **fields: Any) -> None:
    """Write how far it is or what is known now; raises LeaseLost."""
    if not change_one(claim.job_id, held(claim), **fields):
        raise LeaseLost


def checkpoint(claim: Claim, chunk: Chunk, **fields: Any) -> None:
    """Let the chunk count and the job go on behind it, both or neither; raises LeaseLost."""
    with transaction.atomic():
        before = held(claim).filter(status=Job.Status.RUNNING, chunks_done=chunk.number - 1)
        kept = F("result_bytes") + chunk.size_bytes
        won = change_one(
            claim.job_id, before, chunks_done=chunk.number, losses=0, result_bytes=kept, **fields
        )
        if not won:
            raise LeaseLost
        ResultChunk.objects.create(
            job_id=claim.job_id,
            number=chunk.number,
            first_frame=chunk.first_frame,
            last_frame=chunk.last_frame,
            lines=chunk.lines,
            file=chunk.file,
        )


def finish(claim: Claim, status: str, **fields: Any) -> bool:
    """The job is over; False where it was lost."""
    return change_one(
        claim.job_id, held(claim), status=status, finished_at=timezone.now(), **NO_LEASE, **fields
    )


def fail(claim: Claim, code: str, message: str, **fields: Any) -> bool:
    """The job is over and has failed; False where it was lost."""
    return finish(claim, Job.Status.FAILED, error_code=code, error_message=message, **fields)


def release(claim: Claim, **fields: Any) -> bool:
    """Let another worker go on; False where the job was lost."""
    return change_one(claim.job_id, held(claim), status=Job.Status.PENDING, **NO_LEASE, **fields)


def release_annotation(claim: Claim, status: str, **fields: Any) -> bool:
    """Let go of a job whose annotated video was made, or was not; False where it was lost."""
    return change_one(claim.job_id, held(claim), annotated_status=status, **NO_LEASE, **fields)
