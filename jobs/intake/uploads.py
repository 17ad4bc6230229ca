"""Takes an uploaded file in while it arrives: straight into its place, or nothing is left of it."""

import os
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.db import OperationalError
from django.http import HttpRequest, UnreadablePostError

from forgesyte.api.limits import LimitReached
from forgesyte.server.live_body import BodyTooLong
from jobs.conf import ENVELOPE_BYTES
from jobs.failures import is_disk_full
from jobs.intake.free_space import Room
from jobs.intake.probe import Limits, probe
from jobs.sources import StoredSource
from jobs.storage import ARRIVING, data_dir, sync_folders, upload_dir
from pipelines.isolation.pool import Busy
from pipelines.media.uploads import UploadRefused

FIELD = "file"
NEW_FILE = "xb"
PIECE_BYTES = 1024 * 1024
MAX_NAME = 200
TOO_MANY = "Too many uploaded files wait to be looked at: send this one again in a moment"
RETRY_AFTER_S = 10
NO_FILE = f"{FIELD}: send the video or picture in the multipart field “{FIELD}”"


class IntoPlace(FileUploadHandler):
    """Writes the one file of a multipart body into a folder as it arrives; raises UploadRefused."""

    chunk_size = PIECE_BYTES

    def __init__(self, request: HttpRequest, path: Path, max_bytes: int, room: Room) -> None:
        super().__init__(request)
        self._path = path
        self._max_bytes = max_bytes
        self._room = room
        self._file: IO[bytes] | None = None
        self.name = ""
        self.size = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        if field_name != FIELD or self._file is not None:
            raise UploadRefused(422, "invalid_request", f"Send one file, in the field “{FIELD}”")
        self.name = display_name(file_name)
        with disk_errors():
            self._file = self._path.open(NEW_FILE, buffering=0)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece of the file to the disk; raises where it is too large or the disk is full."""
        assert self._file is not None
        self.size += len(raw_data)
        if self.size > self._max_bytes:
            raise too_large(self._max_bytes)
        with disk_errors():
            self._room.need(len(raw_data))
            write_all(self._file, raw_data)
        self._room.wrote(len(raw_data))

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        """Flush the file to the disk and hand it over with its size."""
        assert self._file is not None
        with disk_errors():
            # It is to outlast the job's row, which says that it is there.
            os.fsync(self._file.fileno())
            self._file.close()
        return UploadedFile(self._file, self.name, size=file_size)

    def close(self) -> None:
        """Nothing more is written."""
        self._room.close()
        if self._file is not None:
            self._file.close()


def write_all(file: IO[bytes], data: bytes) -> None:
    """Write all of it; a disk that has room for a part only takes that part without an error."""
    remaining = memoryview(data)
    while remaining:
        remaining = remaining[file.write(remaining) :]


@contextmanager
def new_folder() -> Iterator[UUID]:
    """The id of a job that may come to be, with a folder for its source; gone again if the body raises."""
    job_id = uuid4()
    folder = upload_dir(job_id)
    try:
        with disk_errors():
            folder.mkdir(parents=True)
        yield job_id
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def declared_bytes(request: HttpRequest, max_bytes: int) -> int:
    """The declared length of the body, 0 where there is none; raises UploadRefused where it is too long."""
    declared = int(request.META.get("CONTENT_LENGTH") or 0)
    if declared > max_bytes + ENVELOPE_BYTES:
        raise too_large(max_bytes)
    return declared


def take_in(request: HttpRequest, job_id: UUID, max_bytes: int, min_free_bytes: int) -> IntoPlace:
    """Receive the body into the job's folder; then `request.POST` holds its other fields.

    For a thread, because it waits for the client. Raises UploadRefused.
    """
    declared = declared_bytes(request, max_bytes)
    if request.content_type != "multipart/form-data":
        raise UploadRefused(415, "unsupported_media_type", NO_FILE)
    with disk_errors():
        room = Room(upload_dir(job_id), min_free_bytes, declared)
    # Django takes a body without a length for an empty one.
    request.META["CONTENT_LENGTH"] = str(declared or max_bytes)
    handler = IntoPlace(request, upload_dir(job_id) / ARRIVING, max_bytes, room)
    request.upload_handlers = [handler]
    try:
        request.POST  # noqa: B018  # Reads the body.
    except UnreadablePostError as error:
        if isinstance(error.__cause__, BodyTooLong):
            raise too_large(max_bytes) from error
        raise UploadRefused(400, "incomplete_upload", "The upload broke off: send the file again") from error
    finally:
        handler.close()
    if not request.FILES:
        raise UploadRefused(422, "invalid_request", NO_FILE)
    return handler


def settle(handler: IntoPlace, job_id: UUID, limits: Limits) -> StoredSource:
    """Find out what has arrived and give it its name; raises UploadRefused."""
    arrived = upload_dir(job_id) / ARRIVING
    try:
        found = probe(arrived, limits)
    except Busy as error:
        raise LimitReached("too_many_uploads", TOO_MANY, RETRY_AFTER_S) from error
    path = arrived.rename(arrived.with_name(f"source.{found.suffix}"))
    with disk_errors():
        sync_folders(path.parent)
    return StoredSource(
        job_id=job_id,
        name=handler.name,
        kind=found.kind,
        file=str(path.relative_to(data_dir())),
        size_bytes=handler.size,
        width=found.width,
        height=found.height,
        fps=found.fps,
        duration_s=found.duration_s,
        frames=found.frames,
    )


def display_name(file_name: str) -> str:
    """The user's name of the file, as one short line without anything that a reader cannot see."""
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in base)
    return " ".join(visible.split())[-MAX_NAME:] or "unnamed"


@contextmanager
def disk_errors() -> Iterator[None]:
    """A full disk as a refusal that says so, whoever noticed."""
    try:
        yield
    except (OSError, OperationalError) as error:
        if is_disk_full(error):
            raise no_space() from error
        raise


def no_space() -> UploadRefused:
    """The disk is full."""
    return UploadRefused(
        507, "disk_full", "There is no room for this file on the server: delete old jobs, then try again"
    )


def too_large(max_bytes: int) -> UploadRefused:
    """The file is above the limit."""
    return UploadRefused(
        413, "file_too_large", f"The file is larger than {max_bytes / 1024**2:,.4g} MB (JOBS_MAX_UPLOAD_MB)"
    )
