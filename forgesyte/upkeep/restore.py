"""Puts a backup in the place of what a data folder and a database have."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from forgesyte.data_folder import alone
from forgesyte.upkeep.archive import ABOUT, About, extract, read_about
from forgesyte.upkeep.backup import SECRET_KEY, WEIGHTS, check_room
from forgesyte.upkeep.databases import FILE_NAMES, Database, database_of
from forgesyte.upkeep.errors import UpkeepError


@dataclass(frozen=True)
class Restored:
    """A backup that is in its place; `other_key` says that the environment sets another secret key."""

    about: About
    files: int
    other_key: bool


def restore(source: Path, *, replace: bool) -> Restored:
    """Put a backup in the place of everything; raises UpkeepError, and then nothing has changed.

    Without `replace` only an empty database is filled. Nothing else may use the data folder meanwhile.
    """
    data_dir = settings.PROJECT.data_dir
    about = read_about(source)
    database = database_of(settings.DATABASES["default"])
    check_about(about, database)
    with alone(data_dir) as is_alone:
        if not is_alone:
            raise UpkeepError(f"ForgeSyte is running with the data folder {data_dir}: stop it first")
        if not replace and not database.is_empty():
            raise UpkeepError(
                "There is a database already: --replace deletes it, and the files of its jobs, for the backup"
            )
        check_room(data_dir, source.stat().st_size)
        with tempfile.TemporaryDirectory(prefix="restore-", dir=data_dir / "tmp") as folder:
            staged, old = Path(folder) / "new", Path(folder) / "old"
            names = extract(source, staged)
            put_in_place(staged, old, database)
    call_command("migrate", verbosity=0)
    given_key = settings.SECRET_KEY
    return Restored(about, len(names), given_key_differs(data_dir, given_key))


def check_about(about: About, database: Database) -> None:
    """Refuse what this version, or this database, cannot take; raises UpkeepError."""
    if about.database != database.kind:
        raise UpkeepError(
            f"This backup holds a database of {about.database}, and DATABASE_URL names one of {database.kind}"
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    replaced = [name for name in about.migrations if name not in known]
    if replaced:
        raise UpkeepError(
            f"This backup is of ForgeSyte {about.version}, whose database has changes that this version does "
            f"not know ({replaced[0]}): update ForgeSyte first"
        )


def put_in_place(staged: Path, old: Path, database: Database) -> None:
    """Move what was extracted to its place, and what was there aside; all of it or nothing."""
    data_dir, weights_dir = settings.PROJECT.data_dir, settings.PIPELINES.weights_dir
    copy = staged / FILE_NAMES[database.kind]
    if not copy.is_file():
        raise UpkeepError("This backup has no database")
    old.mkdir()
    places = {path: data_dir / path.name for path in staged.iterdir()}
    places |= {path: weights_dir for path in places if path.name == WEIGHTS}
    with all_or_nothing() as undo:
        # What a job of another time has is no part of this one.
        for name in ("uploads", "results"):
            set_aside(data_dir / name, old / name, undo)
        for path, target in places.items():
            if path.name not in (*FILE_NAMES.values(), ABOUT):
                move(path, target, old / path.name, undo)
        connections.close_all()
        database.replace_with(copy)


Undo = list[tuple[Path, Path]]


@contextmanager
def all_or_nothing() -> Iterator[Undo]:
    """Collects moves (from, to), which are taken back where the body raises; raises UpkeepError."""
    undo: Undo = []
    try:
        yield undo
    except BaseException as error:
        for source, target in reversed(undo):
            shutil.move(target, source)
        if isinstance(error, OSError):
            raise UpkeepError(f"The files cannot be put in their place: {error}") from error
        raise


def set_aside(path: Path, aside: Path, undo: Undo) -> None:
    """Move away what is there."""
    if path.exists() or path.is_symlink():
        shutil.move(path, aside)
        undo.append((path, aside))


def move(path: Path, target: Path, aside: Path, undo: Undo) -> None:
    """Move to a place that is cleared before."""
    set_aside(target, aside, undo)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    undo.append((path, target))


def given_key_differs(data_dir: Path, given: str) -> bool:
    """True if the secret key of this start is not the restored one, and will not be at the next start."""
    return settings.PROJECT.key_is_given and (data_dir / SECRET_KEY).read_text().strip() != given
