"""The streaming app."""

from django.apps import AppConfig


class StreamingConfig(AppConfig):
    """Live sessions over WebSockets: in memory only, gone on disconnect."""

    name = "streaming"

    def ready(self) -> None:
        """Register the system checks."""
        from streaming import checks  # noqa: F401
