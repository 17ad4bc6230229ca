"""Frames that can be decoded and not be made a picture, or not in their own colours."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from jobs.failures import describe_failure
from jobs.intake.frames import EndOfFile, SourceFrame, frames_of
from jobs.sources import VIDEO
from pipelines.errors import InvalidVideo
from pipelines.media import film_picture
from pipelines.media.film_picture import in_bgr
from pipelines.media.video import VideoReader
from tests.pipelines.clips import index_of, write_clip

WHY = "Operation not supported"
# What FFmpeg has no conversion for: a number that no standard gives, YCgCo, and others.
ODD = (3, 8, 10, 14, 255)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4")


def refuse(monkeypatch: pytest.MonkeyPatch, *indices: int) -> None:
    """Have the conversion of these frames fail, counted as they are asked for, as PyAV's fails."""
    asked = iter(range(1, 100))

    def converted(frame: Any, size_wh: tuple[int, int]) -> Any:
        if next(asked) in indices:
            raise av.error.OSError(95, WHY)
        return in_bgr(frame, size_wh)

    monkeypatch.setattr(film_picture, "in_bgr", converted)


def test_a_frame_that_cannot_be_converted_is_lost(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, 3, 8)

    with VideoReader(clip) as video:
        frames = list(video.frames())

    assert [(frame.index, index_of(frame.image_bgr)) for frame in frames] == [
        (n, n) for n in (1, 2, 4, 5, 6, 7)
    ]
    assert frames[2].warnings == [f"Frame 3 cannot be decoded: {WHY}"]
    assert frames[2].lost[3].time_s == pytest.approx(0.2)
    assert video.warnings == [f"Frame 8 cannot be decoded: {WHY}"]


def test_it_has_a_line_of_its_own(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, 3)

    items = list(frames_of(clip, VIDEO))

    told = [(item.index, item.error) for item in items if isinstance(item, SourceFrame)]
    assert told == [(n, f"It cannot be decoded: {WHY}" if n == 3 else "") for n in range(1, 9)]
    assert [item.warnings for item in items] == [[]] * 9
    assert isinstance(items[-1], EndOfFile)


def test_a_film_of_which_no_frame_can_be_converted_is_refused(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, *range(1, 9))

    with (
        VideoReader(clip) as video,
        pytest.raises(InvalidVideo, match="no frame of it can be decoded") as raised,
    ):
        list(video.frames())
    assert describe_failure(raised.value)[0] == "invalid_video"


def test_an_attempt_that_goes_on_is_not_refused_for_it(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, 1, 2)

    with VideoReader(clip) as video:
        assert list(video.frames(first_frame=7)) == []
    assert list(video.lost) == [7, 8]


@pytest.mark.parametrize("number", ODD)
def test_odd_colours_are_read_as_those_that_are_not_told(number: int) -> None:
    frame: Any = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="bgr24")
    frame = frame.reformat(format="yuv420p")
    frame.colorspace = number

    image_bgr = in_bgr(frame, (32, 24))

    assert image_bgr.shape == (24, 32, 3)
    assert abs(int(image_bgr[12, 16, 1]) - 90) < 3
    assert frame.colorspace == film_picture.UNSPECIFIED


def test_what_cannot_be_converted_at_all_raises() -> None:
    frame: Any = av.VideoFrame(64, 48, "yuv420p")
    frame.color_range = 9
    frame.colorspace = film_picture.UNSPECIFIED

    with pytest.raises(av.FFmpegError):
        in_bgr(frame, (64, 48))


def test_a_film_with_odd_colours_is_shown_and_says_so_once(tmp_path: Path) -> None:
    options = {"g": "1", "crf": "10", "x264-params": "colormatrix=YCgCo"}
    clip = write_clip(tmp_path / "clip.mp4", range(1, 9), "libx264", **options)

    with VideoReader(clip) as video:
        frames = list(video.frames())

    assert [index_of(frame.image_bgr) for frame in frames] == list(range(1, 9))
    assert [frame.warnings for frame in frames] == [
        ["From frame 1 on colours may be wrong: those of the film (number 8) cannot be converted"],
        *[[]] * 7,
    ]
