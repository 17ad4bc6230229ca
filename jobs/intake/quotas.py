"""Limits on the jobs that wait and the bytes that are kept, in all and for each submitter."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Sum

from accounts.usage import Usage
from forgesyte.api.limits import LimitReached, Quota
from forgesyte.units import MEGABYTE
from jobs.models import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Any number that nobody else takes such a lock by.
SUBMITTING = 0x6A6F6273
A_JOB_LATER_S = 30
A_DELETION_LATER_S = 600

PENDING = {
    "in_all": "{0.in_all} jobs wait for a worker, and no more may (JOBS_MAX_PENDING): try again later",
    "per_owner": "{0.per_owner} jobs of yours wait for a worker, and no more may "
    "(JOBS_MAX_PENDING_PER_OWNER): try again once some of them are done",
}
KEPT = (
    "All jobs together may keep {0:,.0f} MB (JOBS_MAX_KEPT_MB), and there is no room for this file: "
    "delete old jobs, then try again"
)

KEPT_BY_USER = (
    "Your jobs together may keep {0:,.0f} MB (JOBS_MAX_KEPT_MB_PER_USER), and this file is too much: "
    "delete old jobs, then try again"
)


@dataclass(frozen=True)
class Submitter:
    """The submitter: a user, or else an address; with neither only the limits in all hold."""

    owner: "User | None" = None
    address: str = ""

    @property
    def key(self) -> dict[str, Any]:
        """The fields of the jobs that are theirs; empty for nobody in particular."""
        if self.owner is not None:
            return {"owner": self.owner}
        return {"owner": None, "submitted_from": self.address} if self.address else {}


def check_room(submitter: Submitter, size_bytes: int = 0) -> None:
    """Raise LimitReached where one more job, with a file of this size, would exceed a limit.

    Only what is asked in a transaction behind `one_at_a_time` is still true when the job is made.
    """
    pending = Job.objects.filter(status=Job.Status.PENDING)
    quota = Quota(settings.JOBS.max_pending, settings.JOBS.max_pending_per_owner)
    theirs = pending.filter(**submitter.key).count() if submitter.key else 0
    if exceeded := quota.exceeded(pending.count(), theirs):
        raise LimitReached("too_many_pending_jobs", PENDING[exceeded].format(quota), A_JOB_LATER_S)
    most = settings.JOBS.max_kept_bytes
    if most is not None and size_bytes and kept_bytes() + size_bytes > most:
        raise LimitReached("storage_limit", KEPT.format(most / MEGABYTE), A_DELETION_LATER_S)
    owner, most = submitter.owner, settings.JOBS.max_kept_bytes_per_user
    if owner is None or most is None or not settings.FORGESYTE_REQUIRE_LOGIN:
        return
    if size_bytes and kept_bytes(owner) + size_bytes > most:
        raise LimitReached("storage_limit", KEPT_BY_USER.format(most / MEGABYTE), A_DELETION_LATER_S)


def kept_bytes(owner: "User | None" = None) -> int:
    """The bytes that all jobs, or those of a user, have on disk: sources, results and annotated videos."""
    sizes = F("source_bytes") + F("result_bytes") + F("annotated_bytes")
    jobs = Job.objects.all() if owner is None else Job.objects.filter(owner=owner)
    return jobs.aggregate(bytes=Sum(sizes))["bytes"] or 0


def pending_of(user: "User") -> Usage:
    """The jobs of a user that wait."""
    waiting = Job.objects.filter(owner=user, status=Job.Status.PENDING).count()
    return Usage("Videos that wait", waiting, settings.JOBS.max_pending_per_owner)


def kept_of(user: "User") -> Usage:
    """The megabytes that a user's jobs keep."""
    most = settings.JOBS.max_kept_bytes_per_user
    return Usage(
        "Kept videos and results", round(kept_bytes(user) / MEGABYTE, 1), most and most / MEGABYTE, "MB"
    )


def one_at_a_time() -> None:
    """Run transactions that submit one after the other, so that two cannot both take the last place.

    SQLite's transactions take turns by themselves.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SUBMITTING])
