"""The tasks of workers. The web process imports this to enqueue them, so nothing heavy is imported here."""

from uuid import UUID

from django_tasks import task


@task()
def run_job(job_id: str) -> None:
    """Work on a job if it still waits; returns quietly where another worker has it or nobody wants it."""
    from jobs.worker.job_run import run

    run(UUID(job_id))


@task()
def annotate_job(job_id: str) -> None:
    """Make the annotated video of a job if it still waits to be made."""
    from jobs.worker.annotation import annotate

    annotate(UUID(job_id))
