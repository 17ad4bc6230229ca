"""API keys, and the permissions that no stored thing has of its own."""

from datetime import datetime

from django.conf import settings
from django.db import models


class Scope(models.TextChoices):
    """The parts of the server that a key may open."""

    STREAM = "stream", "Live stream"
    JOBS = "jobs", "Videos and their results"
    RUN = "run", "Single pictures"
    METRICS = "metrics", "Metrics"


class Operation(models.Model):  # noqa: DJ008  # There are no rows.
    """No table: what operators may do to the running server."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("view_server", "Can see live sessions, metrics and the load of the server"),
            ("end_sessions", "Can end live sessions"),
        ]


class ApiKey(models.Model):
    """A key with which a program acts as its owner, as far as its scopes go.

    Only the SHA-256 of the key is stored: it has 256 random bits, so no slow hash is needed to keep it from
    being guessed. `prefix` is the part of it that may be shown.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField("valid until", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField("last used", null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"

    def is_valid(self, now: datetime) -> bool:
        """True if it is neither revoked nor past its end."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
