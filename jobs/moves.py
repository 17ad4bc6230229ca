"""The table of allowed moves: from which states a job comes to which, and the same of its annotated video.

Every UPDATE that changes a state asks for a move in its WHERE, so nothing else can happen, whoever is late.
"""

from collections.abc import Collection
from dataclasses import dataclass

from jobs.models import ACTIVE, Job


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
