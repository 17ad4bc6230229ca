"""Submits, cancels, retries, deletes, prunes and annotates jobs."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.callers import Caller
from forgesyte.logs import log_event
from jobs import events, moves, storage
from jobs.delivery import annotate_on_commit, deliver_on_commit
from jobs.failures import NO_FRAME_WORKED
from jobs.intake.quotas import Submitter, check_room, one_at_a_time
from jobs.models import FINISHED, Job
from jobs.moves import change_one
from jobs.realtime.change_notifier import notify_change
from jobs.selectors import CHANGE, DELETE, get_job, jobs_for
from jobs.sources import StoredSource, frames_to_do
from pipelines.services import checked, definition_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def submit_job(
    *,
    source: StoredSource,
    pipeline_id: str = "",
    definition: Mapping[str, Any] | None = None,
    frame_stride: int = 1,
    max_frames: int | None = None,
    device: str = "auto",
    owner: "User | None" = None,
    submitted_from: str = "",
) -> Job:
    """Have a stored pipeline, or this definition, work through the file.

    Raises PipelineError, and LimitReached where too much waits or is kept already.

    The pipeline is kept with the job as it is now.
    """
    found = definition_of(pipeline_id) if definition is None else checked(dict(definition))
    with transaction.atomic():
        one_at_a_time()
        check_room(Submitter(owner, submitted_from), source.size_bytes)
        job = Job.objects.create(
            id=source.job_id,
            owner=owner,
            submitted_from=submitted_from,
            pipeline_id=found.id,
            pipeline_name=(found.name or found.id)[:200],
            definition=found.as_dict(),
            frame_stride=frame_stride,
            max_frames=max_frames,
            device_requested=device,
            source_name=source.name[:255],
            source_kind=source.kind,
            source_file=source.file,
            source_bytes=source.size_bytes,
            width=source.width,
            height=source.height,
            fps=source.fps,
            duration_s=source.duration_s,
            frames_total=frames_to_do(source.frames, frame_stride, max_frames),
        )
        deliver_on_commit(job.pk)
        transaction.on_commit(partial(notify_change, job.pk))
    _log(events.SUBMITTED, job.pk, pipeline_id=job.pipeline_id, source_bytes=job.source_bytes)
    return job


def jobs_to(permission: str, caller: Caller, job_id: UUID) -> QuerySet[Job]:
    """The caller's jobs for this; raises PermissionDenied where he sees this one and may not do it."""
    jobs = jobs_for(caller, permission)
    if not caller.trusted and not jobs.filter(pk=job_id).exists() and get_job(job_id, caller):
        raise PermissionDenied
    return jobs


def cancel_job(*, job_id: UUID, caller: Caller) -> bool:
    """Stop a job that waits or runs; False where the caller has none. Its worker stops before its next frame.

    Raises PermissionDenied where he may only see it.
    """
    jobs = jobs_to(CHANGE, caller, job_id)
    won = change_one(job_id, jobs, moves.CANCEL, finished_at=timezone.now(), **moves.NO_LEASE)
    if won:
        _log(events.CANCELLED, job_id)
    return won


def retry_job(*, job_id: UUID, caller: Caller) -> bool:
    """Resume a failed or cancelled job where it stopped; False where the caller has none.

    One in which no frame worked begins anew. Raises PermissionDenied as `cancel_job`, and LimitReached where
    too many jobs wait already.
    """
    jobs = jobs_to(CHANGE, caller, job_id)
    with transaction.atomic():
        one_at_a_time()
        stopped = jobs.filter(status__in=(Job.Status.FAILED, Job.Status.CANCELLED))
        if job := stopped.filter(pk=job_id).first():
            check_room(Submitter(job.owner, job.submitted_from))
        hopeless = stopped.filter(pk=job_id, error_code=NO_FRAME_WORKED).first()
        if hopeless:
            hopeless.chunks.all().delete()
        anew = {"chunks_done": 0, "next_frame": 1, "frames_done": 0, "progress": 0.0, "result_bytes": 0}
        again = anew if hopeless else {}
        won = change_one(
            job_id,
            jobs,
            moves.RETRY,
            # What was drawn tells of the results so far; whoever draws loses the job.
            moves.FORGET_DRAWN,
            strikes=0,
            losses=0,
            suspect_frame=None,
            error_code="",
            error_message="",
            finished_at=None,
            annotated_progress=0.0,
            **moves.NO_LEASE,
            **again,
        )
        if won:
            deliver_on_commit(job_id)
            _log(events.RETRIED, job_id)
    return won


def delete_job(*, job_id: UUID, caller: Caller) -> bool:
    """Delete a job and its files, whatever its state; False where the caller has none.

    Raises PermissionDenied as `cancel_job`.
    """
    return _delete(jobs_to(DELETE, caller, job_id), job_id)


def _delete(jobs: QuerySet[Job], job_id: UUID) -> bool:
    """Delete the job if it is still among `jobs`."""
    with transaction.atomic():
        # Nobody may ask for it to go on in between.
        if not jobs.select_for_update().filter(pk=job_id).exists():
            return False
        # Whoever works on it loses it first, so that no chunk is added to what is being deleted.
        change_one(job_id, Job.objects.all(), moves.CANCEL, **moves.NO_LEASE)
        deleted, _ = Job.objects.filter(pk=job_id).delete()
        if deleted:
            transaction.on_commit(partial(storage.delete_files, job_id))
            transaction.on_commit(partial(notify_change, job_id))
            _log(events.DELETED, job_id)
    return bool(deleted)


def prune_jobs(*, older_than: timedelta) -> int:
    """Delete the jobs that were over so long ago, but none that is being drawn; returns how many."""
    over = Job.objects.filter(status__in=FINISHED, finished_at__lt=timezone.now() - older_than).exclude(
        annotated_status__in=(Job.Annotated.PENDING, Job.Annotated.RUNNING)
    )
    return sum(_delete(over, job_id) for job_id in list(over.values_list("pk", flat=True)))


def delete_half_uploads(*, older_than: timedelta = timedelta(days=1)) -> None:
    """Delete what a crash in the middle of an upload has left."""
    for job_id in storage.half_arrived(older_than.total_seconds()):
        storage.delete_files(job_id)


def delete_unknown_files(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Delete the files of jobs that this database does not know; returns of how many.

    Never done unasked: the data folder may have been given another database for a while.
    """
    found = storage.all_folders(older_than.total_seconds())
    known: set[UUID] = set()
    for job_ids in batched(found, 500):
        known.update(Job.objects.filter(pk__in=job_ids).values_list("pk", flat=True))
    for job_id in found - known:
        storage.delete_files(job_id)
    return len(found - known)


def request_annotated(*, job_id: UUID, caller: Caller) -> bool:
    """Have the annotated video of a finished job made; False where it is made already or cannot be.

    Raises PermissionDenied as `cancel_job`.
    """
    fit = jobs_to(CHANGE, caller, job_id).filter(status__in=FINISHED, chunks_done__gt=0)
    with transaction.atomic():
        won = change_one(
            job_id,
            fit,
            moves.ASK,
            annotated_progress=0.0,
            annotated_error="",
            strikes=0,
            losses=0,
        )
        if won:
            annotate_on_commit(job_id)
    return won


def _log(event: str, job_id: UUID, **fields: Any) -> None:
    transaction.on_commit(partial(log_event, logger, logging.INFO, event, job_id=str(job_id), **fields))


def batched(items: Iterable[UUID], size: int) -> Iterator[list[UUID]]:
    """The items in lists of at most so many: a database takes only so many parameters."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
