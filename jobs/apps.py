"""The app of durable video jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Videos worked through frame by frame, and nothing lost."""

    name = "jobs"

    def ready(self) -> None:
        """Register the system checks."""
        from jobs import checks  # noqa: F401
