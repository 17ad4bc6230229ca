"""The answers to an uploader when the process that looks at a file cannot do so."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest

from forgesyte.api.limits import LimitReached
from jobs import storage
from jobs.intake import probe, uploads
from jobs.intake.free_space import Room
from jobs.intake.probe import Limits
from pipelines.isolation.pool import Busy, Crashed, Pool
from pipelines.media.uploads import UploadRefused
from tests.jobs.films import write_film

LIMITS = Limits(duration_s=3600, frames=1000, pixels=1_000_000)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4")


def refusal_of(path: Path) -> tuple[int, str, str]:
    with pytest.raises(UploadRefused) as refused:
        probe.probe(path, LIMITS)
    return refused.value.status, refused.value.code, refused.value.detail


def test_a_file_that_takes_too_much_memory(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MEMORY_MB", 1)

    status, code, detail = refusal_of(film)

    assert (status, code) == (413, "file_too_costly")
    assert detail.startswith("This file costs too much to be opened, or is damaged: It needs more ")


def test_a_file_that_takes_too_long(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "DEADLINE_S", 0.0001)

    assert refusal_of(film)[:2] == (413, "file_too_costly")


def test_a_file_that_crashes_its_reader(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: Any, **options: Any) -> None:
        raise Crashed("Its process ended with signal SIGSEGV")

    monkeypatch.setattr(probe, "run_isolated", crash)

    status, code, detail = refusal_of(film)

    assert (status, code) == (422, "invalid_video")
    assert "SIG" not in detail


def test_too_many_files_at_once(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "POOL", Pool(at_once=1, waiting=0))
    with probe.POOL.place(), pytest.raises(Busy):
        probe.probe(film, LIMITS)
    assert probe.probe(film, LIMITS).width == 64


def test_whoever_uploads_is_asked_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, limits: Limits) -> None:
        raise Busy("Too many calls wait already")

    monkeypatch.setattr(uploads, "probe", refuse)
    with uploads.new_folder() as job_id:
        (storage.upload_dir(job_id) / storage.ARRIVING).write_bytes(b"x")
        with pytest.raises(LimitReached, match="wait to be looked at") as reached:
            uploads.settle(
                uploads.IntoPlace(HttpRequest(), Path("a"), 1, Room(Path("/"), 0, 0)), job_id, LIMITS
            )
        assert reached.value.retry_after_s == 10
        storage.delete_files(job_id)


def test_the_process_beside_imports_little() -> None:
    """Neither Django nor torch: it starts within a second and has nothing of value in it."""
    heavy = {"django", "torch", "channels", "openvino"}
    program = f"import sys, jobs.intake.probe; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
