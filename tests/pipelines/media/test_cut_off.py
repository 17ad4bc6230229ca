from pathlib import Path

import pytest

from pipelines.media.cut_off import missing_bytes
from tests.world.films.builders import Film, forget_length, write

KINDS = {
    "a.mp4": Film(),
    "a.mov": Film("mov", "prores_ks"),
    "a.mkv": Film("matroska", "mjpeg"),
    "a.webm": Film("webm", "libvpx"),
    "a.avi": Film("avi", "mpeg4"),
    "a.gif": Film("gif", "gif"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_file_misses_nothing_and_a_shorter_one_does(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, KINDS[name])
    assert missing_bytes(path) == 0
    data = path.read_bytes()
    for share in (0.5, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        assert 0 < missing_bytes(path) <= len(data) - int(len(data) * share)


def test_what_announces_no_size_misses_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ts", Film("mpegts"))
    path.write_bytes(path.read_bytes()[:1000])
    assert missing_bytes(path) == 0


def test_a_recording_that_was_never_finished_misses_nothing(tmp_path: Path) -> None:
    path = forget_length(write(tmp_path / "a.webm", Film("webm", "libvpx")))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x18\x53\x80\x67") + 4
    data[at : at + 8] = b"\x01" + b"\xff" * 7
    path.write_bytes(data[:-50])
    assert missing_bytes(path) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00\x00\x00ftyp",
        b"\x00\x00\x00\x08ftyp\x00\x00\x00\x00mdat",
        b"\x00\x00\x00\x08ftyp\x00\x00\x00\x09\x00\x00\x00\x00",
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x80nothing",
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67",
    ],
)
def test_what_is_no_container_misses_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert missing_bytes(tmp_path / "a.mp4") == 0
