"""The data folder: nobody but its owner reads what is in it, and what is written there stays written."""

import fcntl
import logging
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from forgesyte.env import BadSetting
from forgesyte.logs import log_event

logger = logging.getLogger(__name__)

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
OTHERS = 0o077
# What SQLite keeps beside a database; they get its permissions.
DATABASE_PARTS = ("", "-wal", "-shm", "-journal")
IN_USE = "in-use"

_in_use: list[IO[bytes]] = []


def make_data_dir(data_dir: Path) -> None:
    """Create the data folder, for its owner only, and what must be in it; raises BadSetting."""
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        (data_dir / "tmp").mkdir(exist_ok=True)
    except OSError as error:
        raise BadSetting(f"FORGESYTE_DATA_DIR={data_dir} cannot be made: {error.strerror}") from error


def make_database_file(path: Path) -> None:
    """Create an empty SQLite database that its owner alone may read: SQLite itself would let everybody.

    Where that is impossible, opening it will say why.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    except OSError:
        return


def stored_secret_key(path: Path) -> str:
    """The key in `path`, made on the first call; of many processes that make one, all get the first.

    Raises BadSetting.
    """
    try:
        if not path.exists():
            write_once(path, secrets.token_urlsafe(50))
        key = path.read_text().strip()
    except OSError as error:
        raise BadSetting(f"{path} cannot be written ({error.strerror}): set SECRET_KEY") from error
    if not key:
        raise BadSetting(f"{path} is empty: delete it, or set SECRET_KEY")
    return key


def write_once(path: Path, text: str) -> None:
    """Write a private file that appears with all that is in it, unless somebody else was first."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        appear(Path(name), path)
        sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def appear(written: Path, path: Path) -> None:
    """Give a file its name unless another has it; not every file system can give a file two names."""
    try:
        path.hardlink_to(written)
    except FileExistsError:
        return
    except OSError:
        if not path.exists():
            written.rename(path)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk: a file that is synced can still be lost with its name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def use(data_dir: Path) -> None:
    """Keep others from taking the folder for themselves alone, for as long as this process lives."""
    file = locked(data_dir, fcntl.LOCK_SH)
    if file is not None:
        _in_use.append(file)


@contextmanager
def alone(data_dir: Path) -> Iterator[bool]:
    """Take the folder for this process alone; False for the body where a server or a worker uses it."""
    file = locked(data_dir, fcntl.LOCK_EX)
    try:
        yield file is not None
    finally:
        if file is not None:
            file.close()


def locked(data_dir: Path, how: int) -> IO[bytes] | None:
    """The file of the lock, with the lock; None where others hold it, or where there can be none."""
    try:
        file = os.fdopen(os.open(data_dir / IN_USE, os.O_CREAT | os.O_RDWR, PRIVATE_FILE), "r+b")
    except OSError:
        return None
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def keep_private(data_dir: Path, database: Path | None = None) -> None:
    """Deny everybody but the owner access to what this process will create and to what is there already.

    What others may read is narrowed, each with a line in the log: the folder, the files in it and the
    database; the folders in it are out of reach then.
    """
    os.umask(OTHERS)
    for path in (data_dir, *files_of(data_dir, database)):
        narrow(path)


def files_of(data_dir: Path, database: Path | None) -> Iterator[Path]:
    """The files in the data folder, and those of a database that lies elsewhere."""
    yield from (path for path in data_dir.iterdir() if path.is_file() and not path.is_symlink())
    if database is not None and database.parent != data_dir:
        yield from filter(Path.is_file, (Path(f"{database}{part}") for part in DATABASE_PARTS))


def narrow(path: Path) -> None:
    """Take the permissions of others away."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
            log_event(logger, logging.WARNING, "permissions_narrowed", path=str(path), mode=f"{mode:04o}")
    except FileNotFoundError:
        return
    except OSError as error:
        fields = {"path": str(path), "detail": str(error.strerror)}
        log_event(logger, logging.WARNING, "permissions_too_wide", **fields)
