"""The frames of a job's file, each with its index and time, also those that cannot be decoded; no Django."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from numpy import uint8
from numpy.typing import NDArray

from jobs.sources import PICTURE
from pipelines.media.images import read_file
from pipelines.media.picture_file import MAX_PIXELS
from pipelines.media.picture_sequence import open_frames
from pipelines.media.video import LostFrame, lost_frame


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
    """All frames were given; what was wrong behind the last of them, and when that one ends."""

    warnings: list[str]
    end_s: float | None = None


Item = SourceFrame | EndOfFile


def bytes_of(item: Item) -> int:
    """The bytes of memory that its picture takes."""
    return item.image_bgr.nbytes if isinstance(item, SourceFrame) and item.image_bgr is not None else 0


def frames_of(
    path: Path, kind: str, *, stride: int = 1, first_frame: int = 1, most_pixels: int = MAX_PIXELS
) -> Iterator[Item]:
    """Every `stride`-th frame from `first_frame` on, then EndOfFile.

    Frames of films that have more than `most_pixels` are made smaller. Raises InvalidVideo or InvalidImage
    where the file cannot be read at all.
    """
    if kind == PICTURE:
        return frames_of_picture(path, first_frame)
    return frames_of_video(path, stride, first_frame, most_pixels)


def frames_of_picture(path: Path, first_frame: int) -> Iterator[Item]:
    """A picture is one frame at time 0."""
    if first_frame == 1:
        picture = read_file(path)
        yield SourceFrame(1, 0.0, picture.image_bgr, picture.notes)
    yield EndOfFile([])


def frames_of_video(path: Path, stride: int, first_frame: int, most_pixels: int) -> Iterator[Item]:
    """The frames of a video, or several pictures; one that is lost stands where it would have been shown."""
    with open_frames(path) as video:
        for frame in video.frames(frame_stride=stride, first_frame=first_frame, most_pixels=most_pixels):
            lost = on_stride(frame.lost, stride)
            yield from lost_frames(lost, first_frame)
            warnings = without_lost(frame.warnings, lost)
            item = SourceFrame(frame.index, frame.time_s, frame.image_bgr, warnings)
            # The next one is read without this one in memory.
            del frame
            yield item
            del item
        lost = on_stride(video.lost, stride)
        yield from lost_frames(lost, first_frame)
        yield EndOfFile(without_lost(video.warnings, lost), video.end_s)


def on_stride(lost: Mapping[int, LostFrame], stride: int) -> dict[int, LostFrame]:
    """The frames, of these that cannot be decoded, that would have been worked on."""
    return {index: frame for index, frame in lost.items() if (index - 1) % stride == 0}


def lost_frames(lost: Mapping[int, LostFrame], first_frame: int) -> Iterator[SourceFrame]:
    """A frame without a picture for each."""
    for index, frame in lost.items():
        if index >= first_frame:
            yield SourceFrame(index, frame.time_s, None, error=f"It cannot be decoded: {frame.why}")


def without_lost(warnings: list[str], lost: Mapping[int, LostFrame]) -> list[str]:
    """The warnings about other things: those frames have lines of their own, which say the same."""
    said = {lost_frame(index, frame.why) for index, frame in lost.items()}
    return [warning for warning in warnings if warning not in said]
