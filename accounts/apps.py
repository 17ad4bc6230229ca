"""The app of users."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Signing in, and who may do what."""

    name = "accounts"

    def ready(self) -> None:
        """Show the limit of requests on one's own page."""
        from accounts.usage import register_usage, requests_of

        register_usage("requests", requests_of)
