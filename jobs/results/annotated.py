"""Makes the annotated video: the source with what was found drawn on it, for any browser."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from forgesyte.data_folder import sync_folder
from jobs import selectors, storage
from jobs.intake.frames import EndOfFile, frames_of
from jobs.models import Job
from jobs.results.sound import Sound
from jobs.sources import PICTURE
from pipelines.media.annotate import draw_result
from pipelines.media.film_writer import MAX_PIXELS, FilmWriter, Image
from pipelines.media.images import encode_jpeg
from pipelines.media.picture_sequence import count_pictures

PART = "part."
# What `keep_going` is asked with before what was made gets its name.
LAST_LOOK = -1

Frame = tuple[float, Image]
Line = Mapping[str, Any]
KeepGoing = Callable[[int], bool]


class NotWanted(Exception):
    """The annotated file is not wanted any more; nothing is left of it."""


def render(
    job: Job,
    *,
    should_stop: Callable[[], bool],
    progress: Callable[[float], None],
    is_ours: Callable[[], bool] = lambda: True,
) -> list[str]:
    """Make the annotated file of a job, and return the warnings; returns without one where it should stop.

    `progress` is told percents; `is_ours` is asked before the file gets its name, because whoever was paused
    may have lost the job meanwhile. Raises PipelineError and OSError.
    """
    last = selectors.last_line(job)
    frames = last["frame_index"] + job.frame_stride - 1 if last else 1

    def keep_going(done: int) -> bool:
        if done == LAST_LOOK:
            return is_ours()
        progress(100.0 * done / frames)
        return not should_stop()

    with suppress(NotWanted):
        return write_annotated(
            job.source_path,
            job.source_kind,
            selectors.read_lines(job),
            storage.annotated_path(job.pk),
            frame_stride=job.frame_stride,
            size_wh=largest_size(selectors.read_raw_lines(job), (job.width, job.height)),
            keep_going=keep_going,
        )
    return []


def largest_size(raw_lines: Iterable[bytes], size_wh: tuple[int, int]) -> tuple[int, int] | None:
    """The size in which all frames have room; None where they have the one size of their file."""
    own = [json.loads(line) for line in raw_lines if b'"width":' in line]
    sizes = [size_wh, *((line["width"], line["height"]) for line in own if "width" in line)]
    return (max(width for width, _ in sizes), max(height for _, height in sizes)) if len(sizes) > 1 else None


def annotated_file(job: Job) -> Path:
    """The path of the annotated file of a job once it is made."""
    return file_for(storage.annotated_path(job.pk), job.source_kind)


def file_for(target: Path, kind: str) -> Path:
    """The path of the annotated file for this kind of source, if that of a video is `target`."""
    return target.with_suffix(".jpg") if kind == PICTURE else target


def write_annotated(
    source: Path,
    kind: str,
    lines: Iterable[Line],
    target: Path,
    *,
    frame_stride: int,
    keep_going: KeepGoing,
    size_wh: tuple[int, int] | None = None,
) -> list[str]:
    """Write an MP4 to `target`, or a JPEG beside it for a picture; it appears only when it is whole.

    Returns warnings of what is missing in it.

    Every frame of the source is in it, up to the last one that a line stands for, at its own time; a frame
    that was passed over shows the boxes of the last one that was not. Where sizes differ they are fitted into
    `size_wh`, or into the first. `keep_going` is asked before each frame
    with the number of frames that are done, and with LAST_LOOK before the file gets its name. Raises
    NotWanted, PipelineError and OSError.
    """
    target = file_for(target, kind)
    part = target.with_name(f"{PART}{token_hex(6)}.{target.name}")
    for left in target.parent.glob(f"{PART}*"):
        # Of one who died, or who will find nothing to put in its place when it goes on.
        left.unlink(missing_ok=True)
    frames = drawn_frames(source, kind, BoxesAt(lines, frame_stride))
    warnings: list[str] = []
    try:
        if kind == PICTURE:
            write_picture(part, frames)
        else:
            warnings = write_video(part, source, frames, keep_going, size_wh)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        if not keep_going(LAST_LOOK):
            raise NotWanted
        part.replace(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return warnings


def write_picture(part: Path, frames: Iterator[Frame]) -> None:
    """Write the one frame as a JPEG."""
    for _, image_bgr in frames:
        part.write_bytes(encode_jpeg(image_bgr, quality=92))


def write_video(
    part: Path, source: Path, frames: Iterator[Frame], keep_going: KeepGoing, size_wh: tuple[int, int] | None
) -> list[str]:
    """Write the frames and the source's sound; returns warnings, raises NotWanted if `keep_going` says no."""
    with ExitStack() as opened:
        # Pictures have no sound, and what reads films refuses most of them.
        is_film = count_pictures(source) < 2
        sound = opened.enter_context(closing(Sound(source))) if is_film else None
        video = opened.enter_context(FilmWriter(part, sound, size_wh))
        for done, (time_s, image_bgr) in enumerate(frames):
            if not keep_going(done):
                raise NotWanted
            video.write(time_s, image_bgr)
            # The next one is read without this one in memory.
            del image_bgr
    return sound.warnings if sound else []


def drawn_frames(source: Path, kind: str, boxes: "BoxesAt") -> Iterator[Frame]:
    """Time and picture of each frame, with what was found drawn on it; ends with the lines.

    Frames come no larger than the film is written, which saves much memory.
    """
    for frame in frames_of(source, kind, most_pixels=MAX_PIXELS):
        if isinstance(frame, EndOfFile) or not boxes.advance_to(frame.index):
            return
        if frame.image_bgr is not None:
            drawn, time_s = draw_result(frame.image_bgr, boxes.result), frame.time_s
            del frame
            yield time_s, drawn
            del drawn


class BoxesAt:
    """Goes through lines along with frames; `result` is that of the newest line."""

    def __init__(self, lines: Iterable[Line], frame_stride: int) -> None:
        self._lines = iter(lines)
        self._next = next(self._lines, None)
        self._end = 0
        self._stride = frame_stride
        self.result: Mapping[str, Any] = {"detections": []}

    def advance_to(self, frame_index: int) -> bool:
        """Take the lines up to this frame; False where the last of them does not stand for it."""
        while self._next is not None and self._next["frame_index"] <= frame_index:
            self._end = self._next["frame_index"] + self._stride
            self.result = self._next["result"]
            self._next = next(self._lines, None)
        return self._next is not None or frame_index < self._end
