"""The app of durable video jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Videos worked through frame by frame, and nothing lost."""

    name = "jobs"

    def ready(self) -> None:
        """Register the system checks and the metrics."""
        from jobs import checks, metrics  # noqa: F401
