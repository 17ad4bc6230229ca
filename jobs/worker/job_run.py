"""Runs a delivered job: claims it, works on it, and leaves it completed, failed or ready for a retry."""

import logging
import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from forgesyte.logs import log_event
from forgesyte.units import MILLISECONDS
from jobs import events
from jobs.delivery import annotate_on_commit, deliver_on_commit
from jobs.failures import DATABASE_AWAY, DISK_FULL, HOPELESS, describe_failure, is_disk_full
from jobs.models import ACTIVE, Job
from jobs.worker import leases
from jobs.worker.heartbeat import Heartbeat, WorkerStopping
from jobs.worker.leases import Claim, LeaseLost
from jobs.worker.retry_policy import RetryPolicy
from jobs.worker.runner import Runner
from jobs.worker.worker_process import WorkerProcess, this_process

logger = logging.getLogger(__name__)


def run(job_id: UUID) -> None:
    """Work on a job that waits; returns quietly where there is none any more."""
    process = this_process()
    owner = process.new_owner()
    if process.stopping.is_set() or (job := leases.claim_job(job_id, owner)) is None:
        return
    claim = Claim(job_id, owner, job.attempt)
    log_event(
        logger,
        logging.INFO,
        events.STARTED,
        job_id=str(job_id),
        pipeline_id=job.pipeline_id,
        attempt=job.attempt,
        frame_index=job.next_frame,
    )
    with process.holding(claim):
        work_on(job, claim, process)


def work_on(job: Job, claim: Claim, process: WorkerProcess) -> None:
    """One attempt, whatever becomes of it."""
    started = time.monotonic()
    with Heartbeat(claim, process.stopping) as heartbeat:
        attempt = Runner(job, claim, heartbeat, yield_to_live=settings.JOBS.yield_to_live)
        try:
            finished = attempt.run()
        except LeaseLost:
            log_lost(job)
        except WorkerStopping:
            give_back(claim)
        except Exception as error:
            end_or_leave(claim, attempt.place, error)
        else:
            if finished:
                duration_ms = round((time.monotonic() - started) * MILLISECONDS)
                log_over(claim, job, duration_ms)


def end_or_leave(claim: Claim, place: int, error: Exception) -> None:
    """End the attempt; where the database cannot be reached, leave it: the lease runs out in time."""
    try:
        if isinstance(error, DATABASE_AWAY) and not is_disk_full(error):
            raise error
        end_attempt(claim, place, error)
    except DATABASE_AWAY:
        logger.exception(events.WORKER_TROUBLE, extra={"fields": {"job_id": str(claim.job_id)}})


def log_lost(job: Job) -> None:
    """Say that the attempt has lost its job; that is a warning only where nobody wanted it so."""
    wanted = not Job.objects.filter(pk=job.pk, status__in=ACTIVE).exists()
    level = logging.INFO if wanted else logging.WARNING
    log_event(logger, level, events.LEASE_LOST, job_id=str(job.pk), attempt=job.attempt)


def give_back(claim: Claim) -> None:
    """Hand the job to another worker at once because this one is to end; it counts no failure of the job."""
    with transaction.atomic():
        if leases.release(claim):
            if claim.draws:
                annotate_on_commit(claim.job_id)
            else:
                deliver_on_commit(claim.job_id, first=True)
            log_event(logger, logging.INFO, events.GIVEN_BACK, job_id=str(claim.job_id))


def end_attempt(claim: Claim, place: int, error: Exception) -> None:
    """An attempt ended in an error: there is another, unless that has no hope or was tried often enough."""
    code, detail = describe_failure(error)
    if isinstance(error, FileNotFoundError) and not leases.is_held(claim):
        return
    with transaction.atomic():
        job = leases.held(claim).select_for_update().first()
        if job is None:
            return
        detail = detail.replace(job.source_path.name, job.source_name)
        record = RetryPolicy(job.strikes, job.suspect_frame, job.losses).struck(place)
        counted = {"strikes": record.strikes, "suspect_frame": record.place}
        over = isinstance(error, HOPELESS) or code == DISK_FULL or record.is_out(settings.JOBS.max_strikes)
        fields = {"job_id": str(job.pk), "attempt": job.attempt, "frame_index": place, "code": code}
        if over:
            leases.fail(claim, code, detail, **counted)
        else:
            leases.release(claim, **counted)
            deliver_on_commit(job.pk, after=timedelta(seconds=2**record.strikes))
    # Said only of what was really written.
    if over:
        logger.error(events.FAILED, exc_info=error, extra={"fields": {**fields, "detail": detail}})
    else:
        logger.warning(events.ATTEMPT_FAILED, exc_info=error, extra={"fields": fields})


def log_over(claim: Claim, job: Job, duration_ms: int) -> None:
    """Say how the job ended."""
    row = Job.objects.filter(pk=job.pk).first()
    if row is None:
        return
    failed = row.status == Job.Status.FAILED
    more = {"code": row.error_code, "detail": row.error_message} if failed else {}
    log_event(
        logger,
        logging.ERROR if failed else logging.INFO,
        events.FAILED if failed else events.COMPLETED,
        job_id=str(job.pk),
        pipeline_id=job.pipeline_id,
        attempt=claim.attempt,
        frames=row.frames_done,
        duration_ms=duration_ms,
        **more,
    )
