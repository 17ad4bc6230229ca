"""Writes shipped definitions into the database."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db import transaction

from pipelines.models import Pipeline

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Outcome(Enum):
    """The outcome of restoring one shipped pipeline."""

    ADDED = "added"
    RESTORED = "put back as shipped"
    UNCHANGED = "is as shipped"
    KEPT = "differs from the shipped one, kept; name it to put it back"


@transaction.atomic
def restore(definition: dict[str, Any], *, overwrite: bool, by: "User | None" = None) -> Outcome:
    """Add a shipped definition where its id is free; replace an edited or disabled row only if asked to.

    `by` is the user who asked.
    """
    row = Pipeline.objects.select_for_update().filter(pk=definition["id"]).first()
    if row is not None and row.enabled and row.definition == definition:
        return Outcome.UNCHANGED
    if row is not None and not overwrite:
        return Outcome.KEPT
    outcome = Outcome.ADDED if row is None else Outcome.RESTORED
    row = row or Pipeline()
    row.enabled = True
    row.updated_by = by
    row.take(definition)
    row.save()
    return outcome
