"""The frames of a job's file, from the beginning and from the middle."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jobs.intake.frames import EndOfFile, SourceFrame, bytes_of, frames_of
from jobs.sources import PICTURE, VIDEO
from pipelines.errors import InvalidImage, InvalidVideo
from tests.jobs.films import write_film
from tests.pipelines.clips import packets_of, spoil, write_clip


def frames(path: Path, **options: Any) -> list[SourceFrame]:
    items = list(frames_of(path, VIDEO, **options))
    assert isinstance(items[-1], EndOfFile)
    return [item for item in items if isinstance(item, SourceFrame)]


def test_times_are_those_of_the_file(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", times=(0, 40, 90, 500, 510, 2000), ticks_s=1000)
    assert [frame.time_s for frame in frames(film)] == [0.0, 0.04, 0.09, 0.5, 0.51, 2.0]


def test_a_bare_stream_has_no_times(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.h264")
    times = [frame.time_s for frame in frames(clip)]
    assert times == sorted(times)
    assert times[0] == 0.0


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("name", ["clip.avi", "clip.mp4"])
def test_the_rest_is_the_same_from_wherever_one_begins(tmp_path: Path, stride: int, name: str) -> None:
    options = {"codec": "mjpeg", "q": "2"} if name.endswith("avi") else {"g": "4", "crf": "10"}
    clip = write_clip(tmp_path / name, range(1, 13), **options)
    for number in (3, 4, 8, 12):
        spoil(clip, number)
    spoil(clip, 6, from_middle=True)
    whole = frames(clip, stride=stride)
    assert any(frame.error for frame in whole)
    for first in range(1, 14):
        part = frames(clip, stride=stride, first_frame=first)
        expected = [frame for frame in whole if frame.index >= first]
        assert [told(frame) for frame in part] == [told(frame) for frame in expected]


def told(frame: SourceFrame) -> Any:
    """All of a frame but its picture, of which the sum will do."""
    seen = None if frame.image_bgr is None else int(frame.image_bgr.sum())
    return frame.index, frame.time_s, frame.error, frame.warnings, seen


def test_what_is_wrong_behind_the_last_frame_is_told_at_the_end(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", range(1, 13))
    position, _ = packets_of(clip)[7]
    clip.write_bytes(clip.read_bytes()[: position + 8])
    *given, end = frames_of(clip, VIDEO)
    assert isinstance(end, EndOfFile)
    assert [frame.index for frame in given if isinstance(frame, SourceFrame)][:7] == list(range(1, 8))


def test_a_picture_is_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "sign.png"
    Image.new("RGB", (6, 4), (0, 0, 255)).save(path)
    [frame, end] = frames_of(path, PICTURE)
    assert isinstance(frame, SourceFrame)
    assert frame.image_bgr is not None
    assert frame.image_bgr[0, 0].tolist() == [255, 0, 0]
    assert end == EndOfFile([])
    assert list(frames_of(path, PICTURE, first_frame=2)) == [EndOfFile([])], "it was done before"


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [(b"", VIDEO, InvalidVideo), (b"just some words", VIDEO, InvalidVideo), (b"", PICTURE, InvalidImage)],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, kind: str, error: type) -> None:
    path = tmp_path / "source.mp4"
    path.write_bytes(content)
    with pytest.raises(error):
        list(frames_of(path, kind))


def test_what_a_frame_takes_of_the_memory() -> None:
    assert bytes_of(SourceFrame(1, 0.0, np.zeros((48, 64, 3), np.uint8))) == 48 * 64 * 3
    assert bytes_of(SourceFrame(1, 0.0, None, error="lost")) == 0
    assert bytes_of(EndOfFile([])) == 0
