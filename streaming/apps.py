"""The streaming app."""

from django.apps import AppConfig


class StreamingConfig(AppConfig):
    """Live sessions over WebSockets: in memory only, gone on disconnect."""

    name = "streaming"

    def ready(self) -> None:
        """Register the system checks, and show the limit of sessions to users."""
        from accounts.usage import register_usage
        from streaming import checks  # noqa: F401
        from streaming.consumers import sessions_of

        register_usage("sessions", sessions_of)
