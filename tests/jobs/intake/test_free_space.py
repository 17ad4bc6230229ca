"""Uploads that arrive together leave free what is to stay free, whatever they declare."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadhandler import StopFutureHandlers
from django.http import HttpRequest

from jobs.intake import free_space
from jobs.intake.free_space import STEP_BYTES, Room
from jobs.intake.uploads import IntoPlace
from pipelines.media.uploads import UploadRefused

MEGABYTE = 1024 * 1024
PIECE = bytes(MEGABYTE)
KEEP_FREE = 20 * MEGABYTE
CAPACITY = KEEP_FREE + 64 * MEGABYTE


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a small disk."""
    monkeypatch.setattr(free_space, "free_bytes", lambda folder: CAPACITY - written(tmp_path))
    yield tmp_path
    assert free_space.promises._bytes == 0, "nothing is held for uploads that are over"


def written(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def upload(path: Path, megabytes: int, declared: int = 0) -> str:
    """The outcome of an upload that sends so much."""
    try:
        handler = IntoPlace(HttpRequest(), path, 2**40, Room(path.parent, KEEP_FREE, declared))
    except OSError as error:
        return str(error.errno)
    try:
        with pytest.raises(StopFutureHandlers):
            handler.new_file("file", path.name)
        for _ in range(megabytes):
            handler.receive_data_chunk(PIECE, 0)
    except UploadRefused as refused:
        return refused.code
    finally:
        handler.close()
    return "taken"


def test_one_without_a_length_is_stopped_as_it_arrives(disk: Path) -> None:
    assert upload(disk / "a", 100) == "disk_full"
    assert written(disk) <= CAPACITY - KEEP_FREE


def test_one_that_declares_less_than_it_sends(disk: Path) -> None:
    assert upload(disk / "a", 100, declared=MEGABYTE) == "disk_full"
    assert written(disk) <= CAPACITY - KEEP_FREE


def test_one_that_declares_too_much_is_refused_at_once(disk: Path) -> None:
    assert upload(disk / "a", 1, declared=65 * MEGABYTE) == "28"
    assert written(disk) == 0


def test_what_fits_is_taken(disk: Path) -> None:
    assert upload(disk / "a", 30, declared=30 * MEGABYTE) == "taken"
    assert upload(disk / "b", 30) == "taken"
    assert upload(disk / "c", 30) == "disk_full"


def test_many_at_once_together_leave_free_what_is_to_stay_free(disk: Path) -> None:
    told: list[str] = []
    threads = [
        threading.Thread(target=lambda number=number: told.append(upload(disk / str(number), 30)))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("disk_full") >= 4
    assert written(disk) <= CAPACITY - KEEP_FREE


def test_what_others_have_been_promised_counts(disk: Path) -> None:
    first = Room(disk, CAPACITY - STEP_BYTES, STEP_BYTES)
    with pytest.raises(OSError, match="No space left"):
        Room(disk, CAPACITY - STEP_BYTES, 1)
    first.close()
    Room(disk, CAPACITY - STEP_BYTES, 1).close()
