"""Gives orphaned jobs to living workers, and sees to it that no job that waits is forgotten."""

import logging
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from forgesyte.logs import log_event
from jobs import delivery, events, storage
from jobs.models import Job
from jobs.services import delete_half_uploads, prune_jobs
from jobs.worker import leases
from jobs.worker.frame_marker import marked_frame
from jobs.worker.leases import Claim
from jobs.worker.liveness import dead_workers, is_alive
from jobs.worker.retry_policy import RetryPolicy
from jobs.worker.worker_process import worker_of

logger = logging.getLogger(__name__)

# A delivery that was just taken by a worker is not ready any more, and its job is not claimed yet.
UNDERWAY = timedelta(seconds=3)
AT_ONCE = 100
FORGET_DELIVERIES_AFTER = timedelta(days=1)
WORKER_DIED = "worker_died"
# So many leases a living worker may be paused, seen from a machine that is not.
SPARED_LEASES = 10


@dataclass(frozen=True)
class Swept:
    """The number of jobs taken from dead workers, and of jobs delivered again."""

    reclaimed: int
    delivered: int


def sweep(own: Collection[Claim] = (), worker_id: str = "") -> Swept:
    """Look once; several may do so at the same time.

    What this process itself works on is its own, and a worker of this host that holds its lock lives: after
    the machine has slept, only the leases have run out. A job of `worker_id`, which is this process, that is
    not among its own was left because the database failed: nobody works on it.
    """
    with dead_workers(storage.data_dir() / storage.WORKERS) as dead:
        mine = {claim.owner for claim in own}
        lost = [job for job in orphans(dead) if job.lease_owner not in mine]
        others = [job for job in lost if worker_of(job.lease_owner) != worker_id]
        spared = patience.spared(job.lease_owner for job in others if lives(job, dead))
        reclaimed = sum(reclaim(job) for job in lost if job.lease_owner not in spared)
        delivery.tidy(dead, FORGET_DELIVERIES_AFTER)
    return Swept(reclaimed, deliver_forgotten())


def lives(job: Job, dead: Collection[str]) -> bool:
    """True if the worker that has the job is of this host, and neither dead nor gone."""
    worker_id = worker_of(job.lease_owner)
    return worker_id not in dead and is_alive(storage.data_dir() / storage.WORKERS, worker_id)


class Patience:
    """Remembers since when leases of living workers have run out, as seen by this process.

    Who does not go on for so long while the machine runs is stopped for good: the monotonic clock stands
    still while the machine sleeps.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def spared(self, owners: Iterable[str]) -> set[str]:
        """The owners, of these living ones, that keep their jobs for now."""
        now = self._clock()
        self._since = {owner: self._since.get(owner, now) for owner in owners}
        most_s = SPARED_LEASES * settings.JOBS.lease_s
        return {owner for owner, since in self._since.items() if now - since < most_s}


patience = Patience()


def sweep_files() -> None:
    """Delete what is too old and what belongs to nobody; this is for once in a while."""
    if settings.JOBS.keep_s:
        prune_jobs(older_than=timedelta(seconds=settings.JOBS.keep_s))
    delete_half_uploads()


def orphans(dead: Collection[str]) -> list[Job]:
    """The jobs whose lease has run out or whose worker is known to be dead."""
    leased = Job.objects.exclude(lease_owner="")
    if dead:
        expired = Q(lease_expires_at__lt=timezone.now())
        owners = set(leased.values_list("lease_owner", flat=True))
        orphaned = [owner for owner in owners if worker_of(owner) in dead]
        return list(leased.filter(expired | Q(lease_owner__in=orphaned)))
    return list(leased.filter(lease_expires_at__lt=timezone.now()))


def reclaim(job: Job) -> bool:
    """Take a job from a worker that is gone; False where somebody else did."""
    if job.status == Job.Status.RUNNING:
        return reclaim_run(job)
    return reclaim_annotation(job)


def reclaim_run(job: Job) -> bool:
    """Free the job for another worker, or fail it where it has cost too many workers."""
    frame_index = marked_frame(storage.marker_path(job.pk, job.attempt))
    record = RetryPolicy(job.strikes, job.suspect_frame, job.losses).lost(frame_index)
    counted = {
        "strikes": record.strikes,
        "suspect_frame": record.place,
        "losses": record.losses,
        "lease_losses": F("lease_losses") + 1,
    }
    claim = Claim(job.pk, job.lease_owner, job.attempt)
    with transaction.atomic():
        if record.is_out(settings.JOBS.max_strikes):
            won = leases.fail(claim, WORKER_DIED, why_given_up(record), **counted)
        else:
            won = leases.release(claim, **counted)
            if won:
                delivery.deliver_on_commit(job.pk, first=True)
    if won:
        log_event(
            logger,
            logging.WARNING,
            events.RECLAIMED,
            job_id=str(job.pk),
            attempt=job.attempt,
            frame_index=frame_index,
            strikes=record.strikes,
            losses=record.losses,
        )
    return won


def reclaim_annotation(job: Job) -> bool:
    """Free the annotated video for another worker; not for ever: drawing may be what kills them."""
    record = RetryPolicy(job.strikes, job.suspect_frame).struck(0)
    claim = Claim(job.pk, job.lease_owner, draws=True)
    counted = {
        "strikes": record.strikes,
        "suspect_frame": record.place,
        "lease_losses": F("lease_losses") + 1,
    }
    with transaction.atomic():
        if record.is_out(settings.JOBS.max_strikes):
            message = f"{record.strikes} workers died while they made it"
            return leases.fail_drawing(claim, message, **counted)
        won = leases.release(claim, **counted)
        if won:
            delivery.annotate_on_commit(job.pk)
    return won


def why_given_up(record: RetryPolicy) -> str:
    """The sentence for a job that will not be tried again."""
    if record.place is not None and record.strikes > 1:
        where = f"at frame {record.place}" if record.place else "before the first frame"
        return f"Its worker died {record.strikes} times {where}"
    return f"Its worker died {record.losses} times without getting on"


def deliver_forgotten() -> int:
    """Deliver again what waits and will not come to any worker."""
    before = timezone.now() - UNDERWAY
    late = Q(delivered_at__lt=before) | Q(delivered_at=None, updated_at__lt=before)
    runs = Job.objects.filter(late, status=Job.Status.PENDING).order_by("created_at")[:AT_ONCE]
    videos = Job.objects.filter(late, annotated_status=Job.Annotated.PENDING, lease_owner="")[:AT_ONCE]
    forgotten_runs = delivery.without_delivery(runs)
    forgotten_videos = delivery.without_delivery(videos)
    for job in forgotten_runs:
        delivery.deliver(job.pk)
    for job in forgotten_videos:
        delivery.deliver_annotation(job.pk)
    for job in (*forgotten_runs, *forgotten_videos):
        log_event(logger, logging.WARNING, events.DELIVERED_AGAIN, job_id=str(job.pk))
    return len(forgotten_runs) + len(forgotten_videos)
