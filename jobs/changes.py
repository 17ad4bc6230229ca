"""The one way in which a job's row changes: a conditional UPDATE that counts versions and tells realtime."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from jobs.models import Job
from jobs.realtime import nudge


def change(jobs: QuerySet[Job], **fields: Any) -> int:
    """Change the fields of all of `jobs`; the row count says who won. Realtime is told by `tell`."""
    return jobs.update(**fields, version=F("version") + 1, updated_at=timezone.now())


def change_one(job_id: UUID, jobs: QuerySet[Job], **fields: Any) -> bool:
    """Change this job if it is still among `jobs`; whoever watches it hears of that once it is committed."""
    won = change(jobs.filter(pk=job_id), **fields) == 1
    if won:
        transaction.on_commit(lambda: nudge(job_id))
    return won
