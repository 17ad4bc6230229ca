"""Hands jobs to workers through Django's Tasks interface.

A delivery only says that there is something to do: who gets the job is decided on its row, so a delivery that
comes twice does no harm, and one that is lost is made again by the sweeper.
"""

import inspect
from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from forgesyte.env import BadSetting
from jobs.conf import DATABASE_TASKS
from jobs.models import Job

# A backend that cannot be asked what became of a delivery: it counts as lost after so long.
LOST_AFTER = timedelta(minutes=10)
FIRST = 10
# By name: what the tasks do stands above this module.
RUN_JOB = "jobs.tasks.run_job"
ANNOTATE_JOB = "jobs.tasks.annotate_job"


def deliver_on_commit(job_id: UUID, *, first: bool = False, after: timedelta | None = None) -> None:
    """Have the job worked on once what was changed is committed.

    A crash in between, and a delivery that fails, are the sweeper's case.
    """

    # Django names what has failed, which a `partial` has no name for.
    def deliver_job() -> None:
        deliver(job_id, first=first, after=after)

    transaction.on_commit(deliver_job, robust=True)


def deliver(job_id: UUID, *, first: bool = False, after: timedelta | None = None) -> None:
    """Have the job worked on: before all others if it was interrupted, or after a while."""
    task = import_string(RUN_JOB)
    if has_database_backend():
        run_after = timezone.now() + after if after else None
        task = task.using(priority=FIRST if first else 0, run_after=run_after)
    _note(job_id, task.enqueue(str(job_id)).id)


def annotate_on_commit(job_id: UUID) -> None:
    """Have the job's annotated video made once what was changed is committed, as `deliver_on_commit` does."""

    def deliver_drawing() -> None:
        deliver_annotation(job_id)

    transaction.on_commit(deliver_drawing, robust=True)


def deliver_annotation(job_id: UUID) -> None:
    """Have the job's annotated video made."""
    _note(job_id, import_string(ANNOTATE_JOB).enqueue(str(job_id)).id)


def has_database_backend() -> bool:
    """True if deliveries lie in our own database, where workers of ours fetch them."""
    return bool(settings.JOBS.task_backend == DATABASE_TASKS)


def check_backend() -> None:
    """Raise BadSetting where JOBS_TASK_BACKEND names no backend of the Tasks interface; imports it."""
    from django_tasks.backends.base import BaseTaskBackend

    path = settings.JOBS.task_backend
    try:
        backend = import_string(path)
    # The module is somebody else's: it may raise anything.
    except Exception as error:
        raise BadSetting(f"JOBS_TASK_BACKEND={path!r} cannot be imported: {error}") from error
    is_backend = isinstance(backend, type) and issubclass(backend, BaseTaskBackend)
    if not is_backend or inspect.isabstract(backend):
        raise BadSetting(
            f"JOBS_TASK_BACKEND={path!r} is no backend of Django's Tasks interface: "
            f"name one, or leave it out for {DATABASE_TASKS}"
        )


def without_delivery(jobs: Iterable[Job]) -> list[Job]:
    """The jobs, of these waiting ones, whose delivery no worker will get any more."""
    jobs = list(jobs)
    if not has_database_backend():
        late = timezone.now() - LOST_AFTER
        return [job for job in jobs if job.delivered_at is None or job.delivered_at < late]
    waiting = _waiting({job.delivery_id for job in jobs if job.delivery_id})
    return [job for job in jobs if job.delivery_id not in waiting]


def tidy(dead_workers: Collection[str], older_than: timedelta) -> None:
    """Close deliveries that died with their workers, and delete those that are over and old."""
    if not has_database_backend():
        return
    from django_tasks import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    now = timezone.now()
    for row in DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, task_path__startswith="jobs."):
        if row.worker_ids and row.worker_ids[-1] in dead_workers:
            running = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING)
            running.update(status=TaskResultStatus.FAILED, finished_at=now, traceback="The worker died")
    over = DBTaskResult.objects.finished().filter(task_path__startswith="jobs.")
    over.filter(finished_at__lt=now - older_than).delete()


def _waiting(delivery_ids: Collection[str]) -> set[str]:
    from django_tasks import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    rows = DBTaskResult.objects.filter(pk__in=delivery_ids, status=TaskResultStatus.READY)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _note(job_id: UUID, delivery_id: str) -> None:
    Job.objects.filter(pk=job_id).update(delivery_id=delivery_id, delivered_at=timezone.now())
