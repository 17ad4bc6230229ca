"""System checks: what would stop a pipeline from running is said at the start, and the server starts all the same."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError

TAG = "pipelines"


@register(TAG)
def check_plugins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of each third-party plugin that could not be loaded."""
    try:  # TEMPORARY until services exist
        from pipelines.services import get_engine
    except ModuleNotFoundError:
        return []

    return [
        Warning(f"Plugin left out: {problem}", hint="Repair or uninstall its package.", id="pipelines.W001")
        for problem in get_engine().registry.problems
    ]


@register(TAG)
def check_stored_pipelines(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of each stored pipeline that is invalid or lacks something; silent before the first migration."""
    try:  # TEMPORARY until services exist
        from pipelines.selectors import states
    except ModuleNotFoundError:
        return []

    try:
        found = states()
    except (DatabaseError, ModuleNotFoundError):
        return []
    return [
        Warning(
            f"Pipeline “{state.row.pk}” cannot run: {state.reason}",
            hint="Edit it in the admin under Pipelines, or run `manage.py restore_pipelines`.",
            id="pipelines.W002" if state.problems else "pipelines.W003",
        )
        for state in found
        if not state.available
    ]
