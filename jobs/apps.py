"""The app of durable video jobs."""

import sys

from django.apps import AppConfig

from forgesyte.env import BadSetting


class JobsConfig(AppConfig):
    """Videos worked through frame by frame, and nothing lost."""

    name = "jobs"

    def ready(self) -> None:
        """Register the system checks and the metrics; a task backend that is none ends the start."""
        from jobs import checks, metrics  # noqa: F401
        from jobs.delivery import check_backend

        try:
            check_backend()
        except BadSetting as error:
            sys.exit(f"ForgeSyte cannot start: {error}")
