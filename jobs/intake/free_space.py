"""Room on the disk for what arrives: all uploads together leave free what is to stay free; no Django.

Each upload holds a few megabytes that it has not written yet against the others of its process, and looks at
the disk again whenever it needs more. Several web processes do not know what the others hold, but see what
those have written: together they go past the limit by at most STEP_BYTES for each upload that arrives then.
"""

import errno
import os
import shutil
import threading
from pathlib import Path

STEP_BYTES = 8 * 1024 * 1024


class Promises:
    """Counts the bytes that uploads may write and have not written yet; for all threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    def add(self, count: int, folder: Path, keep_free: int, *, fits: int = 0) -> None:
        """Promise so many bytes; raises OSError (ENOSPC) where those, or `fits` bytes, find no room."""
        with self._lock:
            if free_bytes(folder) - self._bytes < max(count, fits) + keep_free:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._bytes += count

    def take_back(self, count: int) -> None:
        """They were written, or never will be."""
        with self._lock:
            self._bytes -= count


promises = Promises()


class Room:
    """The room on the disk for one upload; `close` it in any case. Raises OSError (ENOSPC).

    An upload that declares its length is refused at once where it finds no room as a whole.
    """

    def __init__(self, folder: Path, keep_free: int, declared: int) -> None:
        self._folder = folder
        self._keep_free = keep_free
        self._held = 0
        self._hold(min(declared, STEP_BYTES), fits=declared)

    def need(self, count: int) -> None:
        """So many bytes are written next."""
        if count > self._held:
            self._hold(max(count - self._held, STEP_BYTES))

    def wrote(self, count: int) -> None:
        """They are written: the disk itself shows them now."""
        self._held -= count
        promises.take_back(count)

    def close(self) -> None:
        """Nothing more is written."""
        promises.take_back(self._held)
        self._held = 0

    def _hold(self, count: int, fits: int = 0) -> None:
        promises.add(count, self._folder, self._keep_free, fits=fits)
        self._held += count


def free_bytes(folder: Path) -> int:
    """The free bytes of the disk for this process."""
    return shutil.disk_usage(folder).free
