"""Makes a backup of everything that is kept, while the server may be running."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from forgesyte import __version__
from forgesyte.conf import sqlite_file
from forgesyte.data_folder import DATABASE_PARTS
from forgesyte.units import MEGABYTE
from forgesyte.upkeep.archive import About, Writer, new_archive
from forgesyte.upkeep.databases import FILE_NAMES, Snapshot, database_of
from forgesyte.upkeep.errors import UpkeepError

SECRET_KEY, WEIGHTS = "secret_key", "weights"
# What the data folder has that is made anew: caches, locks of workers, what is on its way, this lock.
MADE_ANEW = frozenset({"tmp", "cache", "static", "workers", "cleaned", "in-use", SECRET_KEY})
# Files whose rows are in the database: what is in such a folder belongs to the database's moment.
WITH_ROWS = ("uploads", "results")
# What may be needed beside what is copied.
SPARE_BYTES = 16 * MEGABYTE


@dataclass(frozen=True)
class Made:
    """A backup that is whole: its files, its bytes, and what went while it was made."""

    files: int
    size_bytes: int
    missing: tuple[str, ...]


def back_up(target: Path) -> Made:
    """Write a backup to a new file outside of the data folder; raises UpkeepError.

    Database, uploads and results are of one moment; nobody waits for longer than it takes to link the files.
    """
    data_dir, config = settings.PROJECT.data_dir, settings.DATABASES["default"]
    database = database_of(config)
    if target.resolve().is_relative_to(data_dir):
        raise UpkeepError(f"{target} lies within the data folder {data_dir}: choose a place outside of it")
    others = dict(other_files(data_dir, settings.PIPELINES.weights_dir, config))
    check_room(target.parent, database.size_bytes() + bytes_of(data_dir, others))
    check_room(data_dir, database.size_bytes())
    with staging(data_dir) as folder:
        with database.snapshot(tables_of(settings.ROWS_WITH_FILES)) as (snapshot, held):
            with_rows = dict(linked(data_dir, folder))
            about = About(__version__, datetime.now(UTC).isoformat(), database.kind, applied_migrations())
            held.let_go()
            copy_database(snapshot, folder / "database")
        return write(target, about, {FILE_NAMES[database.kind]: folder / "database", **with_rows, **others})


def write(target: Path, about: About, files: Mapping[str, Path]) -> Made:
    """Write these files into the archive; the secret key is the one that is in use."""
    with new_archive(target, about) as archive:
        archive.add_bytes(SECRET_KEY, settings.SECRET_KEY.encode())
        missing = [name for name, path in files.items() if not add(archive, name, path)]
    return Made(len(files) + 1 - len(missing), target.stat().st_size, tuple(missing))


def add(archive: Writer, name: str, path: Path) -> bool:
    """Add one file; False where it is gone. Raises UpkeepError for one that cannot be read."""
    try:
        return archive.add(name, path)
    except PermissionError as error:
        raise UpkeepError(f"{path} cannot be read: run this as the user who runs the server") from error


def copy_database(snapshot: Snapshot, target: Path) -> None:
    """Copy it beside the files; raises UpkeepError."""
    try:
        snapshot.copy_to(target)
    except OSError as error:
        raise UpkeepError(f"The database cannot be copied to {target.parent}: {error.strerror}") from error


def applied_migrations() -> tuple[str, ...]:
    """The migrations that the database has, as `app.name`."""
    return tuple(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()))


def tables_of(models: list[str]) -> tuple[str, ...]:
    """The tables of models, by `app.Model`."""
    return tuple(apps.get_model(name)._meta.db_table for name in models)


@contextmanager
def staging(data_dir: Path) -> Iterator[Path]:
    """A folder on the data folder's disk that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir=data_dir / "tmp") as folder:
        yield Path(folder)


def linked(data_dir: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Give every file of uploads and results a second name, so that it stays as long as it is needed.

    Where the file system gives no second names, the file itself is named, and may go meanwhile.
    """
    for top in WITH_ROWS:
        for name, path in files_below(data_dir / top, top):
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, link)
            except FileNotFoundError:
                continue
            except OSError:
                link = path
            yield name, link


def other_files(data_dir: Path, weights_dir: Path, config: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """All else that the data folder keeps, and the weights, which may lie elsewhere."""
    database = sqlite_file(config)
    left_out = {Path(f"{database}{part}") for part in DATABASE_PARTS} if database else set()
    left_out |= {data_dir / name for name in (*MADE_ANEW, *WITH_ROWS)} | {weights_dir.resolve()}
    for path in sorted(data_dir.iterdir()):
        if path not in left_out:
            yield from files_below(path, path.name)
    yield from files_below(weights_dir, WEIGHTS)


def files_below(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    """The files below a folder, or the one that it is, with their names in the backup.

    Links to files are followed; links to folders below it are not.
    """
    if path.is_file():
        yield name, path
    elif path.is_dir():
        for inner in sorted(path.iterdir()):
            if not (inner.is_symlink() and inner.is_dir()):
                yield from files_below(inner, f"{name}/{inner.name}")


def bytes_of(data_dir: Path, others: Mapping[str, Path]) -> int:
    """The bytes of all files that would be copied now."""
    with_rows = [path for top in WITH_ROWS for _, path in files_below(data_dir / top, top)]
    return sum(size_of(path) for path in (*with_rows, *others.values()))


def size_of(path: Path) -> int:
    """The bytes of a file; 0 where it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def check_room(folder: Path, needed: int) -> None:
    """Refuse where a folder's disk has no room for so many bytes; raises UpkeepError."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise UpkeepError(f"There is no folder {folder}") from error
    if free < needed + SPARE_BYTES:
        raise UpkeepError(
            f"{folder} has {free // MEGABYTE} MB free, and {(needed + SPARE_BYTES) // MEGABYTE} MB are needed"
        )
