"""The stored pipelines."""

from typing import Any

from django.core.exceptions import ValidationError
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

    def clean(self) -> None:
        """Raise every problem of the definition at once, beside that field; then copy the texts out of it."""
        # Imported here: the validation belongs to the pure core, the model only asks it.
        from pipelines.selectors import problems_of

        problems = [str(problem) for problem in problems_of(self.definition)] + self._identity_problems()
        if problems:
            raise ValidationError({"definition": problems})
        self.take(self.definition)

    def _identity_problems(self) -> list[str]:
        """A row keeps its id for life, because sessions and jobs name it; a new id must be free."""
        found = self.definition.get("id") if isinstance(self.definition, dict) else None
        if not isinstance(found, str):
            return []
        if self.pipeline_id and found != self.pipeline_id:
            return [f"id: must stay “{self.pipeline_id}”; “Save as new” makes another pipeline"]
        if self._state.adding and Pipeline.objects.filter(pk=found).exists():
            return [f"id: there is a pipeline “{found}” already"]
        return []
