"""The jobs that wait or run, for operators."""

from jobs.models import ACTIVE, Job

SHOWN = 200


def active_jobs() -> list[Job]:
    """The jobs that run, then those that wait in their order; at most 200."""
    active = Job.objects.filter(status__in=ACTIVE).select_related("owner")
    return list(active.order_by("-status", "created_at")[:SHOWN])
