"""The second thing that workers do: have a job's annotated video made, and note how far that is."""

import logging
import time
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings

from forgesyte.logs import log_event
from jobs import events, storage
from jobs.failures import DATABASE_AWAY, describe_failure
from jobs.models import Job
from jobs.worker import leases
from jobs.worker.heartbeat import Heartbeat, WorkerStopping
from jobs.worker.job_run import give_back
from jobs.worker.leases import Claim, LeaseLost
from jobs.worker.worker_process import this_process

logger = logging.getLogger(__name__)


def annotate(job_id: UUID) -> None:
    """Make the annotated video if it still waits to be made; returns quietly where it does not."""
    process = this_process()
    owner = process.new_owner()
    if process.stopping.is_set() or (job := leases.claim_annotation(job_id, owner)) is None:
        return
    claim = Claim(job_id, owner, draws=True)
    with process.holding(claim), Heartbeat(claim, process.stopping) as heartbeat:
        try:
            made = render(job, claim, heartbeat)
            heartbeat.check()
        except LeaseLost:
            log_event(logger, logging.WARNING, events.LEASE_LOST, job_id=str(job_id))
        except WorkerStopping:
            give_back(claim)
        except DATABASE_AWAY:
            logger.exception(events.WORKER_TROUBLE, extra={"fields": {"job_id": str(job_id)}})
        except Exception as error:
            logger.exception(events.ANNOTATED, extra={"fields": {"job_id": str(job_id)}})
            leases.fail_drawing(claim, describe_failure(error)[1])
        else:
            if leases.finish_drawing(claim, **made):
                log_event(logger, logging.INFO, events.ANNOTATED, job_id=str(job_id))


def render(job: Job, claim: Claim, heartbeat: Heartbeat) -> dict[str, Any]:
    """Draw and encode; returns the job's fields that change.

    What drawing needs is imported by those who draw.
    """
    from jobs.results.annotated import annotated_file
    from jobs.results.annotated import render as render_video

    told_at = 0.0

    def progress(percent: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= settings.JOBS.progress_s:
            told_at = time.monotonic()
            leases.note(claim, annotated_progress=round(min(max(percent, 0.0), 99.9), 1))

    is_ours = partial(leases.is_held, claim)
    said = render_video(job, should_stop=partial(must_stop, heartbeat), progress=progress, is_ours=is_ours)
    return {"annotated_bytes": storage.size_of(annotated_file(job)), **with_warnings(job, said)}


def with_warnings(job: Job, said: list[str]) -> dict[str, Any]:
    """The job's fields with these warnings added; one that it has is not added again."""
    new = [sentence for sentence in said if sentence not in job.warnings]
    return {"warnings": [*job.warnings, *new], "warnings_count": job.warnings_count + len(new)}


def must_stop(heartbeat: Heartbeat) -> bool:
    """True if the work must not go on, for whatever reason."""
    try:
        heartbeat.check()
    except (LeaseLost, WorkerStopping):
        return True
    return False
