"""The frames of a job's file, each with its index and time, also those that cannot be decoded; no Django."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from numpy import uint8
from numpy.typing import NDArray

from jobs.sources import PICTURE
from pipelines.media.images import decode_file
from pipelines.media.video import VideoReader, lost_frame


@dataclass(frozen=True)
class SourceFrame:
    """One frame that gets a line: `image_bgr`, BGR uint8 HxWx3, or else an `error`."""

    index: int
    time_s: float
    image_bgr: NDArray[uint8] | None
    warnings: list[str] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class EndOfFile:
    """All frames were given; what was wrong with the file behind the last of them."""

    warnings: list[str]


Item = SourceFrame | EndOfFile


def bytes_of(item: Item) -> int:
    """The bytes of memory that its picture takes."""
    return item.image_bgr.nbytes if isinstance(item, SourceFrame) and item.image_bgr is not None else 0


def frames_of(path: Path, kind: str, *, stride: int = 1, first_frame: int = 1) -> Iterator[Item]:
    """Every `stride`-th frame from `first_frame` on, then EndOfFile.

    Raises InvalidVideo or InvalidImage where the file cannot be read at all.
    """
    if kind == PICTURE:
        return frames_of_picture(path, first_frame)
    return frames_of_video(path, stride, first_frame)


def frames_of_picture(path: Path, first_frame: int) -> Iterator[Item]:
    """A picture is one frame at time 0."""
    if first_frame == 1:
        yield SourceFrame(1, 0.0, decode_file(path))
    yield EndOfFile([])


def frames_of_video(path: Path, stride: int, first_frame: int) -> Iterator[Item]:
    """The frames of a video; one that cannot be decoded stands where it would have been shown."""
    with VideoReader(path) as video:
        for frame in video.frames(frame_stride=stride, first_frame=first_frame):
            lost = on_stride(frame.lost, stride)
            yield from lost_frames(lost, first_frame, video.fps)
            warnings = without_lost(frame.warnings, lost)
            yield SourceFrame(frame.index, frame.time_s, frame.image_bgr, warnings)
        lost = on_stride(video.lost, stride)
        yield from lost_frames(lost, first_frame, video.fps)
        yield EndOfFile(without_lost(video.warnings, lost))


def on_stride(lost: dict[int, str], stride: int) -> dict[int, str]:
    """The frames, of these that cannot be decoded, that would have been worked on."""
    return {index: why for index, why in lost.items() if (index - 1) % stride == 0}


def lost_frames(lost: dict[int, str], first_frame: int, fps: float) -> Iterator[SourceFrame]:
    """A frame without a picture for each; when it would have been shown is only guessed."""
    for index, why in lost.items():
        if index >= first_frame:
            time_s = round((index - 1) / fps, 4)
            yield SourceFrame(index, time_s, None, error=f"It cannot be decoded: {why}")


def without_lost(warnings: list[str], lost: dict[int, str]) -> list[str]:
    """The warnings about other things: those frames have lines of their own, which say the same."""
    said = {lost_frame(index, why) for index, why in lost.items()}
    return [warning for warning in warnings if warning not in said]
