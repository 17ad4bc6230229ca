"""The pipelines app."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Vision pipelines: their rows, their tools and the engine that runs them."""

    name = "pipelines"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, the metrics and the HTTP answers to errors."""
        from pipelines import checks, http_errors, metrics  # noqa: F401

        http_errors.register()
