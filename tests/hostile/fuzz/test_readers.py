"""The files that the fuzzer begins with are read, and what a reader must not raise comes out of it."""

from pathlib import Path

import pytest

from pipelines.errors import InvalidImage
from pipelines.media.jpeg_header import BadHeader
from tests.hostile.fuzz import readers
from tests.hostile.fuzz.readers import READERS, Reader, try_one


@pytest.mark.parametrize("name", [name for name in READERS if name != "live"])
def test_the_files_to_begin_with_are_read(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    READERS[name].seeds(folder)

    assert len(list(folder.iterdir())) > 1
    for seed in folder.iterdir():
        READERS[name].read(seed)


def test_refusals_pass_and_faults_come_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    try_one("live", b"no picture", tmp_path)
    with pytest.raises(BadHeader):
        READERS["live"].read(tmp_path / "source")
    broken = Reader(readers.live_header, (InvalidImage,), readers.picture_seeds)
    monkeypatch.setitem(READERS, "live", broken)

    with pytest.raises(BadHeader):
        try_one("live", b"no picture", tmp_path)
