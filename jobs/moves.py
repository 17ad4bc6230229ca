"""The table of allowed state changes of a job and of its annotated video, and the UPDATE that makes them.

Every UPDATE that changes a state asks for a move in its WHERE, so nothing else can happen, whoever is late.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from jobs.models import ACTIVE, Job
from jobs.realtime.change_notifier import notify_change

# The fields of a row that no worker holds.
NO_LEASE: Mapping[str, Any] = {"lease_owner": "", "lease_expires_at": None}


@dataclass(frozen=True)
class Move:
    """A change of the field of one state, from one of `sources` to `target`."""

    field: str
    sources: Collection[str]
    target: str


_S, _A = Job.Status, Job.Annotated

# The job. Completed is the end; a failed or cancelled job goes on only where somebody asks for it.
CLAIM = Move("status", [_S.PENDING], _S.RUNNING)
GIVE_BACK = Move("status", [_S.RUNNING], _S.PENDING)
COMPLETE = Move("status", [_S.RUNNING], _S.COMPLETED)
FAIL = Move("status", [_S.RUNNING], _S.FAILED)
CANCEL = Move("status", ACTIVE, _S.CANCELLED)
RETRY = Move("status", [_S.FAILED, _S.CANCELLED], _S.PENDING)

# Its annotated video, which only a finished job has. What was drawn is forgotten when the job goes on.
ASK = Move("annotated_status", [_A.NONE, _A.FAILED], _A.PENDING)
BEGIN_DRAWING = Move("annotated_status", [_A.PENDING], _A.RUNNING)
GIVE_BACK_DRAWING = Move("annotated_status", [_A.RUNNING], _A.PENDING)
DRAWN = Move("annotated_status", [_A.RUNNING], _A.READY)
NOT_DRAWN = Move("annotated_status", [_A.RUNNING], _A.FAILED)
FORGET_DRAWN = Move("annotated_status", list(_A), _A.NONE)


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
        transaction.on_commit(lambda: notify_change(job_id))
    return won
