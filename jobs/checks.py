"""System checks: what would keep jobs from being kept."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Warning, register

from jobs import storage


@register("jobs")
def check_folders(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn where uploads and results could not be written."""
    hint = "Set FORGESYTE_DATA_DIR to a folder that can be written to."
    return [
        Warning(f"{folder} is not a folder that can be written to", hint=hint, id="jobs.W001")
        for folder in (storage.data_dir() / storage.UPLOADS, storage.data_dir() / storage.RESULTS)
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK))
    ]
