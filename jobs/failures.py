"""Names the reasons why jobs fail: the codes and the sentences that people are shown."""

import errno
import re
from pathlib import PurePath

from django.db import InterfaceError, OperationalError

from pipelines.errors import InvalidDefinition, InvalidImage, InvalidVideo, PipelineError

# The job went through all its frames and could not work on a single one.
NO_FRAME_WORKED = "no_frame_worked"
DISK_FULL = "disk_full"
FILE_MISSING = "file_missing"
INTERNAL_ERROR = "internal_error"
UNEXPECTED = "An unexpected error occurred; the server's log says more"

# Another attempt would fail in the same way.
HOPELESS = (InvalidVideo, InvalidImage, InvalidDefinition)
# The database cannot be reached for now.
DATABASE_AWAY = (OperationalError, InterfaceError)
_DATABASE_FULL = re.compile("disk is full|No space left")
_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def describe_failure(error: Exception) -> tuple[str, str]:
    """A code and a sentence for the person whose job it is."""
    if isinstance(error, PipelineError):
        return error.code, error.detail
    if is_disk_full(error):
        return DISK_FULL, "The disk is full. Make room and retry: the job goes on where it stopped"
    if isinstance(error, FileNotFoundError):
        return FILE_MISSING, f"A file of the job is missing: {PurePath(str(error.filename)).name}"
    return INTERNAL_ERROR, UNEXPECTED


def is_disk_full(error: Exception) -> bool:
    """True where a file or the database could not be written for lack of room."""
    if isinstance(error, DATABASE_AWAY):
        return _DATABASE_FULL.search(str(error)) is not None
    return isinstance(error, OSError) and error.errno in _FULL_ERRNOS
