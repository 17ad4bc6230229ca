"""Tells workers of one machine at once that another has died: the kernel releases the dead one's lock.

A lease alone would need its whole time to run out. The lock is asked only of workers of the same host; for
the others there is the lease.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO

SUFFIX = ".lock"


def new_worker_id() -> str:
    """A name for this process that no other has or ever had, with its host and process id in it."""
    return f"{host_name()}-{os.getpid()}-{token_hex(6)}"


def host_name() -> str:
    """The host, short and fit for a file's name."""
    return "".join(letter if letter.isalnum() else "_" for letter in socket.gethostname())[:32] or "host"


class Liveness:
    """A file lock that a worker holds while its process lives or until `end`."""

    def __init__(self, folder: Path, worker_id: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{worker_id}{SUFFIX}"
        # Locked before it has its name, so that nobody can find it unlocked.
        nameless = self._path.with_suffix(".new")
        self._file: IO[bytes] = nameless.open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        nameless.rename(self._path)

    def end(self) -> None:
        """The worker is done with everything."""
        self._path.unlink(missing_ok=True)
        self._file.close()


@contextmanager
def dead_workers(folder: Path) -> Iterator[set[str]]:
    """The workers of this host that have died and were not looked at before.

    Their locks are held for the body, so two who look never see the same one; they are forgotten after it,
    but not where it raises.
    """
    held: dict[Path, IO[bytes]] = {}
    try:
        for path in sorted(folder.glob(f"{host_name()}-*{SUFFIX}")):
            file = locked(path)
            if file is not None:
                held[path] = file
        yield {path.stem for path in held}
        for path in held:
            path.unlink(missing_ok=True)
    finally:
        for file in held.values():
            file.close()


def is_alive(folder: Path, worker_id: str) -> bool:
    """True if this worker is of this host and still holds its lock, even if it is paused."""
    if not worker_id.startswith(f"{host_name()}-"):
        return False
    path = folder / f"{worker_id}{SUFFIX}"
    file = locked(path)
    if file is not None:
        file.close()
        return False
    return path.exists()


def locked(path: Path) -> IO[bytes] | None:
    """The file with its lock held; None where somebody holds it or it is gone."""
    try:
        file = path.open("rb")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
