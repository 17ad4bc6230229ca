"""Files that a row speaks of are on the disk, and so are their names."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from jobs import storage
from jobs.worker import leases
from jobs.worker.leases import Claim
from tests.jobs.workshop import Workshop


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were synced, in order."""
    paths: list[Path] = []
    sync = os.fsync

    def note(handle: int) -> None:
        paths.append(Path(os.path.realpath(f"/proc/self/fd/{handle}")))
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    return paths


def test_a_chunk_and_then_its_name(tmp_path: Path, synced: list[Path]) -> None:
    chunk = tmp_path / "000001.1.jsonl"
    storage.write_durably(chunk, b"{}")
    assert synced == [chunk, tmp_path]


def test_the_folder_of_results_up_to_the_data_folder(workshop: Workshop, synced: list[Path]) -> None:
    folder = storage.make_result_dir(uuid4()).resolve()
    assert synced == [folder.parent, storage.data_dir().resolve()]


def test_a_folder_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        storage.write_durably(tmp_path / "gone" / "chunk", b"{}")
    assert not (tmp_path / "gone").exists()


def test_no_chunk_is_recorded_before_it_is_on_the_disk(
    workshop: Workshop, synced: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, recorded = leases.checkpoint, []

    def record(claim: Claim, chunk: leases.Chunk, **fields: object) -> None:
        folder = storage.result_dir(claim.job_id).resolve()
        assert synced[-2:] == [folder / chunk.file, folder]
        recorded.append(chunk.file)
        checkpoint(claim, chunk, **fields)

    monkeypatch.setattr(leases, "checkpoint", record)
    assert workshop.work(workshop.submit()).status == "completed"
    assert recorded
