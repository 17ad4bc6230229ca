"""System checks: what keeps a pipeline from running is said at the start; the server starts all the same."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError

TAG = "pipelines"
Apps = Sequence[AppConfig] | None


@register(TAG)
def check_plugins(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Warn of each third-party plugin that could not be loaded."""
    # The modules that need the models can be imported only when all apps are ready.
    from pipelines.runtime import get_engine

    return [
        Warning(f"Plugin left out: {problem}", hint="Repair or uninstall its package.", id="pipelines.W001")
        for problem in get_engine().registry.problems
    ]


@register(TAG)
def check_stored_pipelines(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Warn of pipelines that cannot run and of settings that name none; silent before the first migration."""
    from pipelines.selectors import states

    try:
        found = states()
    except DatabaseError:
        return []
    broken: list[CheckMessage] = [
        Warning(
            f"The pipeline {state.row.pk} cannot run: {state.reason}",
            hint="Edit it in the admin, or run `manage.py restore_pipelines`.",
            id="pipelines.W002" if state.problems else "pipelines.W003",
        )
        for state in found
        if not state.available
    ]
    return broken + unknown_names({state.row.pk for state in found}) if found else []


@register(TAG)
def check_weights_folder(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Warn where downloads and uploads could not be written."""
    folder = settings.PIPELINES.weights_dir
    while not folder.exists():
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK):
        return []
    hint = "Set FORGESYTE_WEIGHTS_DIR to a folder that can be written to."
    return [Warning(f"{folder} is not a folder that can be written to", hint=hint, id="pipelines.W004")]


def unknown_names(stored: set[str]) -> list[CheckMessage]:
    """Warn of pipelines that the settings name and that nobody can choose."""
    named = {
        "FORGESYTE_DEFAULT_PIPELINE": {settings.PIPELINES.default_pipeline},
        "FORGESYTE_PRELOAD": set(settings.PIPELINES.preload),
    }
    return [
        Warning(
            f"{setting} names a pipeline that is not stored or not enabled: {name}",
            hint=f"There are: {', '.join(sorted(stored))}",
            id="pipelines.W005",
        )
        for setting, names in named.items()
        for name in sorted(names - stored)
    ]
