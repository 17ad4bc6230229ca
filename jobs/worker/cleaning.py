"""Deletes old jobs and files: soon after a worker starts, then every hour by one of the workers."""

import random
import time

from jobs import storage
from jobs.worker import sweeper

EVERY_S = 3600.0
# Workers that start together do not look together.
FIRST_AFTER_S = (5.0, 60.0)


class Cleaning:
    """Cleans once an hour; the time of the last cleaning is a file that all workers share."""

    def __init__(self) -> None:
        self._next = time.monotonic() + random.uniform(*FIRST_AFTER_S)

    def clean_if_due(self) -> bool:
        """Delete what is too old if that is an hour ago at least; raises DatabaseError and OSError."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + random.uniform(*FIRST_AFTER_S)
        if since_last_s() < EVERY_S:
            return False
        storage.cleaned_path().touch()
        sweeper.sweep_files()
        return True


def since_last_s() -> float:
    """Seconds since the last cleaning; EVERY_S if there was none or its time lies in the future."""
    try:
        since = time.time() - storage.cleaned_path().stat().st_mtime
    except FileNotFoundError:
        return EVERY_S
    return since if since >= 0 else EVERY_S
