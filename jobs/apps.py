"""The app of durable video jobs."""

from django.apps import AppConfig

from forgesyte.env import BadSetting
from forgesyte.supervised import refuse_start


class JobsConfig(AppConfig):
    """Videos worked through frame by frame, and nothing lost."""

    name = "jobs"

    def ready(self) -> None:
        """Register checks, metrics and limits of users; a task backend that is none ends the start."""
        from accounts.usage import register_usage
        from jobs import checks, metrics  # noqa: F401
        from jobs.delivery import check_backend
        from jobs.intake.quotas import kept_of, pending_of

        register_usage("pending_jobs", pending_of)
        register_usage("kept_bytes", kept_of)

        try:
            check_backend()
        except BadSetting as error:
            refuse_start(str(error))
