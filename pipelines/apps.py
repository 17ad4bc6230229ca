"""The pipelines app."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Vision pipelines: their rows, their tools and the engine that runs them."""

    name = "pipelines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the metrics."""
        from pipelines import checks, metrics  # noqa: F401
