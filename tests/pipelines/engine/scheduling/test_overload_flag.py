"""Live sessions that cannot keep up are noted in a file, and that is forgotten after a while."""

import os
import time
from pathlib import Path

import pytest

from pipelines.engine.scheduling import overload_flag
from pipelines.engine.scheduling.overload_flag import HIGH_FOR_S, OverloadFlag


def test_what_one_process_notes_another_sees(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "live_pressure"
    writer, reader = OverloadFlag(path), OverloadFlag(path)
    assert not reader.is_high()
    writer.note()
    assert reader.is_high()
    past = time.time() - HIGH_FOR_S - 1
    os.utime(path, (past, past))
    assert not reader.is_high()


def test_it_is_noted_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "live_pressure"
    noted = OverloadFlag(path)
    noted.note()
    path.unlink()
    noted.note()
    assert not path.exists()
    monkeypatch.setattr(overload_flag, "NOTE_EVERY_S", -1.0)
    noted.note()
    assert path.exists()


def test_without_a_place_nothing_is_noted() -> None:
    nowhere = OverloadFlag()
    nowhere.note()
    assert not nowhere.is_high()


def test_a_place_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    flag = OverloadFlag(tmp_path / "file" / "live_pressure")
    flag.note()
    assert not flag.is_high()
