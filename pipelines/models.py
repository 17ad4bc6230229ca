"""The stored pipelines."""

from typing import Any

from django.conf import settings
from django.db import models


class Pipeline(models.Model):
    """One pipeline as an operator edits it; `definition` is the truth, the other texts are copied from it.

    A row is read anew whenever a session or a job opens it, so what is saved is live for the next one.
    """

    pipeline_id = models.SlugField("id", primary_key=True, max_length=64, editable=False)
    name = models.CharField(max_length=200, editable=False)
    description = models.TextField(blank=True, default="", editable=False)
    definition = models.JSONField()
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # The user who changed it last; None for the server's commands, and once that user is deleted.
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ("pipeline_id",)

    def __str__(self) -> str:
        return self.name or self.pipeline_id

    def take(self, definition: dict[str, Any]) -> None:
        """Adopt `definition` and the name and description in it; a new row takes its id as well."""
        self.definition = definition
        self.pipeline_id = self.pipeline_id or str(definition.get("id", ""))
        self.name = str(definition.get("name") or self.pipeline_id)[:200]
        self.description = str(definition.get("description", ""))

    def identity_problems(self) -> list[str]:
        """Say that the id was changed or is taken: sessions and jobs name it, so a row keeps it for life."""
        found = self.definition.get("id") if isinstance(self.definition, dict) else None
        if not isinstance(found, str):
            return []
        if self.pipeline_id and found != self.pipeline_id:
            return [f"id: must stay “{self.pipeline_id}”; “Save as new” makes another pipeline"]
        if self._state.adding and Pipeline.objects.filter(pk=found).exists():
            return [f"id: there is a pipeline “{found}” already"]
        return []
