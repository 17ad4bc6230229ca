"""Reads jobs and their results from the database."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, Sum

from accounts.callers import Caller
from jobs import storage
from jobs.models import Job, ResultChunk

NUL = "\0"
# To see, stop and delete what others have submitted, and what nobody in particular has.
SEE, CHANGE, DELETE = "jobs.view_job", "jobs.change_job", "jobs.delete_job"


class BadCursor(ValueError):
    """A cursor that this server did not give."""


@dataclass(frozen=True)
class JobPage:
    """Jobs, the newest first, and where the next page begins; None on the last page."""

    jobs: list[Job]
    next_cursor: str | None


def jobs_for(caller: Caller, permission: str = SEE) -> QuerySet[Job]:
    """The jobs with which the caller may do this: all of them with the permission, else his own.

    Nothing else decides whose jobs are whose. Those without an owner are nobody's own.
    """
    jobs: QuerySet[Job] = Job.objects.all()
    if caller.may(permission):
        return jobs
    return jobs.filter(owner=caller.user_id) if caller.user_id is not None else jobs.none()


def get_job(job_id: UUID, caller: Caller) -> Job | None:
    """The job, or None where the caller has none of this id."""
    return jobs_for(caller).select_related("owner").filter(pk=job_id).first()


def list_jobs(
    *,
    caller: Caller,
    status: str | Collection[str] = (),
    pipeline_id: str = "",
    text: str = "",
    owner: str = "",
    cursor: str = "",
    limit: int = 50,
) -> JobPage:
    """A page of the caller's jobs with one of these states, this pipeline and owner, this text in a name.

    Raises BadCursor.
    """
    jobs = jobs_for(caller)
    states = [status] if isinstance(status, str) else list(status)
    if any(states):
        jobs = jobs.filter(status__in=states)
    if NUL in pipeline_id + text + owner:
        # PostgreSQL keeps it in no text and refuses to look for it.
        jobs = jobs.none()
    if pipeline_id:
        jobs = jobs.filter(pipeline_id=pipeline_id)
    if owner:
        jobs = jobs.filter(owner__username=owner)
    if text:
        jobs = jobs.filter(Q(source_name__icontains=text) | Q(pipeline_name__icontains=text))
    if cursor:
        created_at, job_id = _read_cursor(cursor)
        jobs = jobs.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=job_id))
    found = list(jobs.select_related("owner").order_by("-created_at", "-pk")[: limit + 1])
    more = len(found) > limit
    return JobPage(found[:limit], _cursor(found[limit - 1]) if more else None)


def owners_of(caller: Caller) -> list[str]:
    """The names of the users whose jobs the caller sees; empty where those are his own only."""
    if not caller.may(SEE):
        return []
    names = jobs_for(caller).exclude(owner=None).order_by("owner__username")
    return list(names.values_list("owner__username", flat=True).distinct())


def queue_depth() -> int:
    """The number of jobs that wait for a worker."""
    return Job.objects.filter(status=Job.Status.PENDING).count()


def counts_by_status() -> dict[str, int]:
    """The number of jobs in each state."""
    found = dict(Job.objects.order_by().values_list("status").annotate(jobs=Count("pk")))
    return {str(status): found.get(status, 0) for status in Job.Status.values}


@dataclass(frozen=True)
class Totals:
    """Sums over all jobs that are kept, and since when the first of those that wait has been waiting."""

    frames: int
    lease_losses: int
    oldest_waiting: datetime | None


def totals() -> Totals:
    """Sums over all jobs."""
    found = Job.objects.aggregate(
        frames=Sum("frames_done"),
        lease_losses=Sum("lease_losses"),
        oldest_waiting=Min("created_at", filter=Q(status=Job.Status.PENDING)),
    )
    return Totals(found["frames"] or 0, found["lease_losses"] or 0, found["oldest_waiting"])


def seconds_per_frame(*, since: datetime) -> dict[str, float]:
    """Seconds of work on each pipeline's jobs that began since then, divided by the frames they have done."""
    spent: dict[str, float] = {}
    frames: dict[str, int] = {}
    recent = Job.objects.filter(started_at__gte=since, frames_done__gt=0)
    for job in recent.only("pipeline_id", "started_at", "finished_at", "heartbeat_at", "frames_done"):
        ended_at = job.finished_at or job.heartbeat_at
        if job.started_at and ended_at and ended_at > job.started_at:
            seconds = (ended_at - job.started_at).total_seconds()
            spent[job.pipeline_id] = spent.get(job.pipeline_id, 0.0) + seconds
            frames[job.pipeline_id] = frames.get(job.pipeline_id, 0) + job.frames_done
    return {pipeline_id: spent[pipeline_id] / frames[pipeline_id] for pipeline_id in spent}


def read_lines(
    job: Job, first_frame: int | None = None, last_frame: int | None = None
) -> Iterator[dict[str, Any]]:
    """The results of these frames, both ends included, as far as they are kept; in order."""
    for line in read_raw_lines(job, first_frame, last_frame):
        yield json.loads(line)


def read_raw_lines(
    job: Job, first_frame: int | None = None, last_frame: int | None = None
) -> Iterator[bytes]:
    """The same as lines of JSON in UTF-8, each with its line break; of a running job, too.

    The database is asked at once; then chunks are read one after the other, so a long result is never whole
    in memory.
    """
    return lines_of_chunks(chunks_between(job, first_frame, last_frame), first_frame, last_frame)


def chunks_between(
    job: Job, first_frame: int | None = None, last_frame: int | None = None
) -> list[ResultChunk]:
    """The chunks with the results of these frames, in order."""
    chunks = job.chunks.filter(last_frame__gte=1 if first_frame is None else first_frame)
    if last_frame is not None:
        chunks = chunks.filter(first_frame__lte=last_frame)
    return list(chunks.order_by("number"))


def lines_of_chunks(
    chunks: Iterable[ResultChunk], first_frame: int | None = None, last_frame: int | None = None
) -> Iterator[bytes]:
    """The lines of these frames in these chunks; raises FileNotFoundError where the job was deleted."""
    first = 1 if first_frame is None else first_frame
    for chunk in chunks:
        whole = chunk.first_frame >= first and (last_frame is None or chunk.last_frame <= last_frame)
        with (storage.result_dir(chunk.job_id) / chunk.file).open("rb") as file:
            for line in file:
                if whole or first <= json.loads(line)["frame_index"] <= (last_frame or chunk.last_frame):
                    yield line


def last_line(job: Job) -> dict[str, Any] | None:
    """The newest result that is kept."""
    chunk = job.chunks.order_by("number").last()
    if chunk is None:
        return None
    found: dict[str, Any] = json.loads(
        (storage.result_dir(job.pk) / chunk.file).read_bytes().splitlines()[-1]
    )
    return found


def _cursor(job: Job) -> str:
    return urlsafe_b64encode(f"{job.created_at.isoformat()} {job.pk}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, job_id = urlsafe_b64decode(cursor.encode()).decode().split(" ")
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise BadCursor("The cursor is not one of this server's")
        # A moment in another time zone may lie outside of all years, and no database takes odd zones.
        return moment.astimezone(UTC), UUID(job_id)
    except (ValueError, OverflowError) as error:
        raise BadCursor("The cursor is not one of this server's") from error
