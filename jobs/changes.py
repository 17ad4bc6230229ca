"""The one way in which a job's row changes: a conditional UPDATE that counts versions and tells realtime."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from jobs.models import Job
from jobs.moves import Move
from jobs.realtime.nudger import nudge


def change_one(job_id: UUID, jobs: QuerySet[Job], *moves: Move, **fields: Any) -> bool:
    """Change this job if it is still among `jobs` and each move is allowed; the row count says who won.

    Whoever watches it hears of that once it is committed. States change by moves only.
    """
    for move in moves:
        jobs = jobs.filter(**{f"{move.field}__in": move.sources})
        fields[move.field] = move.target
    mine = jobs.filter(pk=job_id)
    won = mine.update(**fields, version=F("version") + 1, updated_at=timezone.now()) == 1
    if won:
        transaction.on_commit(lambda: nudge(job_id))
    return won
