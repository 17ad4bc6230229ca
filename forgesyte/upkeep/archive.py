"""The file of a backup: a tar archive that says at its beginning what it is, and at its end what was in it.

forgesyte-backup.json   first: the format, the version, the kind of database and its migrations
database.*, secret_key, uploads/..., results/..., weights/..., and what else the data folder keeps
contents.json           last: the size and the SHA-256 of every file before it

Nothing in it decides where it is written: names are plain paths below the place that the reader gives.
"""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from forgesyte.data_folder import PRIVATE_FILE, PRIVATE_FOLDER, sync_folder
from forgesyte.upkeep.errors import UpkeepError

FORMAT = 1
ABOUT, CONTENTS = "forgesyte-backup.json", "contents.json"
# Of either of the two; a hundred thousand files take 12 MB.
MOST_JSON_BYTES = 256 * 1024 * 1024
STEP_BYTES = 1024 * 1024


@dataclass(frozen=True)
class About:
    """A backup's first file; `migrations` are those that its database has, as `app.name`."""

    version: str
    made_at: str
    database: str
    migrations: tuple[str, ...]
    format: int = FORMAT

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From JSON; raises UpkeepError where this version cannot read such a backup."""
        try:
            fields = json.loads(data)
            if fields["format"] != FORMAT:
                raise UpkeepError(
                    f"This backup has format {fields['format']}, and this ForgeSyte reads format {FORMAT}: "
                    f"restore it with ForgeSyte {fields.get('version', 'of its own version')}"
                )
            return cls(**{**fields, "migrations": tuple(fields["migrations"])})
        except (ValueError, TypeError, KeyError) as error:
            raise UpkeepError("This is no backup of ForgeSyte: it does not say what it is") from error


class Writer:
    """Adds files to a backup that is being written."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._contents: dict[str, list[Any]] = {}

    def add(self, name: str, path: Path) -> bool:
        """Add a file as it is now; False where it is gone. Raises OSError."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            self._add(name, file, os.fstat(file.fileno()).st_size)
        return True

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a file of these bytes."""
        self._add(name, io.BytesIO(data), len(data))

    def finish(self) -> None:
        """Add the list of all that was added."""
        self.add_bytes(CONTENTS, json.dumps(self._contents).encode())

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, PRIVATE_FILE
        hashing = Hashing(file)
        self._archive.addfile(member, hashing)
        self._contents[name] = [size, hashing.hexdigest()]


class Hashing(io.RawIOBase):
    """Reads another file and knows the SHA-256 of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As the file does."""
        data = self._file.read(size)
        self._sha256.update(data)
        return data

    def hexdigest(self) -> str:
        """Of all that was read so far."""
        return self._sha256.hexdigest()


@contextmanager
def new_archive(target: Path, about: About) -> Iterator[Writer]:
    """Write a backup that has its name only once it is whole on the disk; its owner alone may read it.

    Raises UpkeepError.
    """
    if target.exists():
        raise UpkeepError(f"There is a file {target} already: choose another name, or delete it first")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise UpkeepError(f"Nothing can be written to {target.parent}: {error.strerror}") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                writer = Writer(archive)
                writer.add_bytes(ABOUT, json.dumps(asdict(about)).encode())
                yield writer
                writer.finish()
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise UpkeepError(f"The backup cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def read_about(source: Path) -> About:
    """The first file of a backup; raises UpkeepError where it is none."""
    with opened(source) as archive:
        member = archive.next()
        if member is None or member.name != ABOUT:
            raise UpkeepError(f"{source} is no backup of ForgeSyte")
        return About.read(read_json(archive, member))


def extract(source: Path, folder: Path) -> list[str]:
    """Write all files of a backup below an empty folder; returns their names.

    Raises UpkeepError where one is damaged or missing, or where a name leads out of the folder.
    """
    written: dict[str, list[Any]] = {}
    listed: Mapping[str, Any] | None = None
    with opened(source) as archive:
        for member in archive:
            if listed is not None:
                raise UpkeepError(f"{source} goes on behind its end")
            if member.name == CONTENTS:
                listed = json.loads(read_json(archive, member))
                continue
            path = folder / safe_name(member)
            written[member.name] = [member.size, copy_out(archive, member, path)]
    if listed is None:
        raise UpkeepError(f"{source} is cut short: its end is missing")
    if wrong := [name for name in {*listed, *written} if listed.get(name) != written.get(name)]:
        raise UpkeepError(f"{source} is damaged: {min(wrong)} is not as it was when the backup was made")
    return [name for name in written if name != ABOUT]


@contextmanager
def opened(source: Path) -> Iterator[tarfile.TarFile]:
    """A backup to read from its beginning; whatever is wrong with the file is an UpkeepError."""
    try:
        with tarfile.open(source, mode="r:") as archive:
            yield archive
    except tarfile.TarError as error:
        raise UpkeepError(f"{source} is no backup of ForgeSyte, or it is cut short: {error}") from error
    except OSError as error:
        raise UpkeepError(f"{source} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise UpkeepError(f"{source} is damaged: {error}") from error


def safe_name(member: tarfile.TarInfo) -> PurePosixPath:
    """The path of a plain file below whatever folder; raises UpkeepError for anything else."""
    path = PurePosixPath(member.name)
    plain = member.isreg() and not path.is_absolute() and path.parts and "\0" not in member.name
    if not plain or ".." in path.parts or "\\" in member.name or str(path) != member.name:
        raise UpkeepError(f"This is no backup of ForgeSyte: {member.name!r} is no plain file below it")
    return path


def read_json(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of one of the two files about the backup; raises UpkeepError."""
    file = archive.extractfile(member)
    if file is None or member.size > MOST_JSON_BYTES:
        raise UpkeepError("This is no backup of ForgeSyte: it does not say what is in it")
    return file.read()


def copy_out(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    """Write one file, which must be new, for its owner only; returns its SHA-256."""
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None, "plain files can be read"
    sha256 = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE), "wb") as file:
        while data := source.read(STEP_BYTES):
            sha256.update(data)
            file.write(data)
    return sha256.hexdigest()
