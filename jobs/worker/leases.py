"""The writes of workers: claim a job, hold it by a lease, store chunks of results, and release it.

Every write asks in its WHERE whether the job is still theirs. Cancelling and deleting a job, and giving it to
another worker, take `lease_owner` away, so an attempt that has lost its job changes nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs import moves
from jobs.models import Job, ResultChunk
from jobs.moves import Move, change_one


class LeaseLost(Exception):
    """The job belongs to another worker by now, or was cancelled or deleted."""


@dataclass(frozen=True)
class Claim:
    """One attempt at one job; `owner` is the attempt's own name, which begins with the worker's.

    `draws` says that it is about the annotated video of a job which is over.
    """

    job_id: UUID
    owner: str
    attempt: int = 0
    draws: bool = False


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
            Job.objects.all(),
            moves.CLAIM,
            attempt=F("attempt") + 1,
            started_at=Coalesce("started_at", Value(now)),
            frames_done=kept_lines(job_id),
            **lease(owner, now),
        )
        return Job.objects.get(pk=job_id) if won else None


def claim_annotation(job_id: UUID, owner: str) -> Job | None:
    """Take a job whose annotated video waits to be made; None where there is none."""
    with transaction.atomic():
        # The database holds that a video waits to be drawn only where the job is over and nobody's.
        won = change_one(job_id, Job.objects.all(), moves.BEGIN_DRAWING, **lease(owner, timezone.now()))
        return Job.objects.get(pk=job_id) if won else None


def lease(owner: str, now: datetime) -> dict[str, Any]:
    """The fields of a lease that begins now."""
    expires_at = now + timedelta(seconds=settings.JOBS.lease_s)
    return {"lease_owner": owner, "lease_expires_at": expires_at, "heartbeat_at": now}


def kept_lines(job_id: UUID) -> int:
    """The number of result lines that are stored for the job."""
    found = ResultChunk.objects.filter(job_id=job_id).aggregate(lines=Sum("lines"))["lines"]
    return found or 0


def renew(claim: Claim) -> bool:
    """Hold the job for another while; False where it is lost. No news for anybody."""
    return held(claim).update(**lease(claim.owner, timezone.now())) == 1


def is_held(claim: Claim) -> bool:
    """True if the attempt still has its job."""
    return held(claim).exists()


def note(claim: Claim, **fields: Any) -> None:
    """Write how far it is or what is known now; raises LeaseLost."""
    if not change_one(claim.job_id, held(claim), **fields):
        raise LeaseLost


def checkpoint(claim: Claim, chunk: Chunk, **fields: Any) -> None:
    """Add the chunk and set the job's fields in one transaction; raises LeaseLost."""
    _add_chunk(held(claim).filter(status=Job.Status.RUNNING), claim, chunk, fields)


def checkpoint_cancelled(claim: Claim, chunk: Chunk, **fields: Any) -> None:
    """Count the last chunk of a job that was cancelled in this attempt; raises LeaseLost."""
    _add_chunk(_cancelled(claim), claim, chunk, fields)


def was_cancelled(claim: Claim) -> bool:
    """True if the job was cancelled in this attempt and nobody has asked for anything more since."""
    return _cancelled(claim).exists()


def _cancelled(claim: Claim) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=claim.job_id,
        status=Job.Status.CANCELLED,
        attempt=claim.attempt,
        annotated_status=Job.Annotated.NONE,
    )


def _add_chunk(jobs: QuerySet[Job], claim: Claim, chunk: Chunk, fields: dict[str, Any]) -> None:
    with transaction.atomic():
        before = jobs.filter(chunks_done=chunk.number - 1)
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


def complete(claim: Claim, **fields: Any) -> bool:
    """The job is over and all of it was worked on; False where it was lost."""
    return _let_go(claim, moves.COMPLETE, finished_at=timezone.now(), **fields)


def fail(claim: Claim, code: str, message: str, **fields: Any) -> bool:
    """The job is over and has failed; False where it was lost."""
    why = {"error_code": code, "error_message": message}
    return _let_go(claim, moves.FAIL, finished_at=timezone.now(), **why, **fields)


def release(claim: Claim, **fields: Any) -> bool:
    """Give the lease back, so that another worker can go on; False if it was lost."""
    return _let_go(claim, moves.GIVE_BACK_DRAWING if claim.draws else moves.GIVE_BACK, **fields)


def finish_drawing(claim: Claim, **fields: Any) -> bool:
    """The annotated video is made; False where the job was lost."""
    return _let_go(claim, moves.DRAWN, annotated_progress=100.0, **fields)


def fail_drawing(claim: Claim, message: str, **fields: Any) -> bool:
    """The annotated video cannot be made; it can be asked for again. False where the job was lost."""
    return _let_go(claim, moves.NOT_DRAWN, annotated_error=message, **fields)


def _let_go(claim: Claim, move: Move, **fields: Any) -> bool:
    return change_one(claim.job_id, held(claim), move, **moves.NO_LEASE, **fields)
