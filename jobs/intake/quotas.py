"""Limits on the jobs that wait and the bytes that are kept, in all and for each submitter."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Sum

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


def kept_bytes() -> int:
    """The bytes that all jobs have on disk: sources, results and annotated videos."""
    sizes = F("source_bytes") + F("result_bytes") + F("annotated_bytes")
    return Job.objects.aggregate(bytes=Sum(sizes))["bytes"] or 0


def one_at_a_time() -> None:
    """Run transactions that submit one after the other, so that two cannot both take the last place.

    SQLite's transactions take turns by themselves.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SUBMITTING])
