"""Finds out what a file is by opening it; its name and what the client says of it count for nothing.

Files of strangers are opened in a process of its own, a few at a time, with bounds of memory and time. What
is declared is checked before a frame is decoded.
"""

import errno
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from jobs.sources import PICTURE, VIDEO
from pipelines.errors import InvalidImage
from pipelines.isolation.pool import Crashed, OverBudget, Pool, run_isolated
from pipelines.media.film_picture import Orientations, PixelShape, film_streams, shown_size
from pipelines.media.picture_file import FORMATS, MAX_SIDE, PAGE_S, PictureFile, TooManyPixels, open_pictures
from pipelines.media.uploads import UploadRefused
from pipelines.media.video import clock_of, open_container, rate_of, reason, when

# Enough to find out about a video of 50 million pixels a frame, which takes about 300 MB.
MEMORY_MB = 512
DEADLINE_S = 20.0
POOL = Pool(at_once=2, waiting=32, wait_s=60.0)
# How far an examination gives way to live sessions.
NICE = 5

# What FFmpeg calls a container, and the ending that it gets here.
SUFFIXES = {"mp4": "mp4", "mov": "mov", "matroska": "mkv", "webm": "webm", "avi": "avi", "gif": "gif"}
OTHER_SUFFIX = "video"
# How many packets may be decoded to see whether the camera was held upright.
TRY_PACKETS = 30
# For so long the frames of a file may be counted; then its header is believed.
COUNT_S = 2.0
GUESSED_FPS = 25.0
# A header whose rate differs by more than this from what was counted tells of something else.
MAY_DIFFER = 1.1
NO_FILM = "There is no film in this file: only sound, a cover picture, or what cannot be decoded"
START_BYTES = 16
# More seconds, frames, or frames a second no file has, and no database keeps.
MAX_COUNT = 2**31 - 1
NOT_READ = (
    "This is neither a video nor a picture that can be read; videos: MP4, MOV, AVI, MKV, WebM and more, "
    f"pictures: {', '.join(FORMATS)}"
)


@dataclass(frozen=True)
class Limits:
    """The most that a file may declare."""

    duration_s: float
    frames: int
    pixels: int


@dataclass(frozen=True)
class Found:
    """The facts of a file; `width` and `height` in pixels, as it is to be looked at."""

    kind: str
    suffix: str
    width: int
    height: int
    fps: float | None = None
    duration_s: float | None = None
    frames: int | None = None


def probe(path: Path, limits: Limits) -> Found:
    """Find out what the file is in a process of its own; waits, so call it in a thread.

    Raises UploadRefused for what cannot be worked through or declares too much, and Busy.
    """
    try:
        return run_isolated(
            examine_nicely, path, limits, memory_mb=MEMORY_MB, deadline_s=DEADLINE_S, pool=POOL
        )
    except OverBudget as error:
        raise too_costly(str(error)) from error
    except Crashed as error:
        detail = "The file is damaged in a way that ends the program that reads it: export or copy it again"
        raise UploadRefused(422, "invalid_video", detail) from error


def examine_nicely(path: Path, limits: Limits) -> Found:
    """Find out what the file is at a lower priority."""
    os.nice(NICE)
    return examine(path, limits)


def examine(path: Path, limits: Limits) -> Found:
    """Find out what the file is; raises UploadRefused for what cannot be worked on or declares too much."""
    if path.stat().st_size == 0:
        raise UploadRefused(422, "empty_file", "The file is empty")
    try:
        found = as_picture(path, limits.pixels) or as_video(path, limits.pixels)
    # A few bytes may declare more than any machine has.
    except MemoryError as error:
        raise too_costly("It needs more memory than it may have") from error
    if limits.duration_s and (found.duration_s or 0) > limits.duration_s:
        detail = (
            f"The video is {hours(found.duration_s or 0)} long and {hours(limits.duration_s)} is the most: "
            "cut it into parts (JOBS_MAX_VIDEO_HOURS)"
        )
        raise UploadRefused(413, "video_too_long", detail)
    if limits.frames and (found.frames or 0) > limits.frames:
        detail = f"The video has {found.frames:,} frames and {limits.frames:,} is the most (JOBS_MAX_FRAMES)"
        raise UploadRefused(413, "video_too_long", detail)
    return found


def too_costly(why: str) -> UploadRefused:
    """The refusal of a file that takes more memory or time to open than it may."""
    detail = f"This file costs too much to be opened, or is damaged: {why}"
    return UploadRefused(413, "file_too_costly", detail)


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raise UploadRefused for a picture that is too large to be decoded."""
    if max(width, height) > MAX_SIDE:
        detail = f"It has {width}x{height} pixels, and {MAX_SIDE:,} is the most on a side"
        raise UploadRefused(413, "image_too_large", detail)
    if width * height > max_pixels:
        detail = f"It has {width}x{height} pixels, and {max_pixels:,} is the most (JOBS_MAX_PIXELS)"
        raise UploadRefused(413, "image_too_large", detail)


def as_picture(path: Path, max_pixels: int) -> Found | None:
    """A picture, or several as a video; None for anything else, a GIF that moves included."""
    try:
        with path.open("rb") as file, open_pictures(file, "") as pictures:
            moves = pictures.format == "GIF" and pictures.count > 1
            stored_wh, found = pictures.size_wh, None if moves else described(pictures)
    except TooManyPixels as error:
        raise UploadRefused(413, "image_too_large", error.detail) from error
    # A damaged header, or no picture at all.
    except InvalidImage:
        return None
    check_pixels(*stored_wh, max_pixels)
    return found


def described(pictures: PictureFile) -> Found:
    """The facts of a file of pictures; several are a video, with a time for each."""
    size_wh = pictures.size_wh[::-1] if pictures.is_turned else pictures.size_wh
    suffix = SUFFIXES.get(pictures.format, pictures.format.lower())
    if pictures.count == 1:
        return Found(PICTURE, suffix, *size_wh, frames=1)
    return Found(VIDEO, suffix, *size_wh, fps=1 / PAGE_S, frames=pictures.count)


def as_video(path: Path, max_pixels: int) -> Found:
    """A video; raises UploadRefused for anything else."""
    container, oversized = opened(path, max_pixels)
    with container:
        streams = film_streams(container)
        if streams and streams[0].width:
            check_pixels(streams[0].width, streams[0].height, max_pixels)
            return describe(container, streams[0], path, max_pixels)
        if oversized:
            check_pixels(*oversized, max_pixels)
        if streams or not container.streams:
            raise unreadable(path, "its header is not complete")
        raise UploadRefused(415, "no_picture", NO_FILM)


def opened(path: Path, max_pixels: int) -> tuple[Any, tuple[int, int] | None]:
    """The open container, and the size of a frame at its beginning that is too large to be decoded."""
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(local=False) as messages:
            container = open_container(path, max_pixels)
    except (av.FFmpegError, OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ENOMEM:
            raise MemoryError from error
        raise unreadable(path, reason(error)) from error
    finally:
        av.logging.set_level(None)
    # The one thing that says so: the size itself is forgotten.
    found = re.search(r"Picture size (\d+)x(\d+) exceeds", "".join(text for _, _, text in messages))
    return container, (int(found[1]), int(found[2])) if found else None


def describe(container: Any, stream: Any, path: Path, max_pixels: int) -> Found:
    """The facts of a video: its size as it is shown, and its length as far as it is soon counted."""
    width, height = first_size(container, stream) or (stream.width, stream.height)
    check_pixels(width, height, max_pixels)
    fps = rate_of(stream)
    counted = count(path, max_pixels)
    if counted:
        frames, begins_s, ends_s = counted
        rate = frames / (ends_s - begins_s)
        if fps is None or not rate / MAY_DIFFER <= fps <= rate * MAY_DIFFER:
            fps = round(rate, 3)
        return Found(VIDEO, suffix_of(container, path), width, height, fps, ends_s, frames)
    duration_s = sensible((container.duration or 0) / av.time_base)
    guessed = sensible((duration_s or 0) * (fps or 0))
    declared = sensible(stream.frames) or (max(guessed, 1) if guessed else None)
    return Found(
        VIDEO,
        suffix_of(container, path),
        width,
        height,
        fps,
        duration_s,
        round(declared) if declared else None,
    )


def count(path: Path, max_pixels: int) -> tuple[int, float, float] | None:
    """The number of frames that are to be shown, and about when the first begins and the last ends.

    Nothing is decoded. None where it takes too long, or where the file cannot be read to its end.
    """
    stop_at = time.monotonic() + COUNT_S
    with open_container(path, max_pixels) as container:
        stream = film_streams(container)[0]
        clock = clock_of(container, rate_of(stream) or GUESSED_FPS)
        frames, begins_s = 0, 0.0
        try:
            for packet in container.demux(stream):
                if packet.is_discard or not packet.size:
                    continue
                # The order in which frames are decoded, in which time goes forward.
                decoded = when(packet) if packet.dts is None else packet.dts
                moment = clock.moment(None if decoded is None else float(decoded * stream.time_base))
                frames, begins_s = frames + 1, begins_s if frames else moment.time_s
                if time.monotonic() > stop_at:
                    return None
        except av.FFmpegError:
            return None
    return (frames, begins_s, clock.end_s) if frames and clock.end_s > begins_s else None


def sensible(number: float) -> float | None:
    """The number; None where a header holds nonsense."""
    return number if 0 < number <= MAX_COUNT else None


def first_size(container: Any, stream: Any) -> tuple[int, int] | None:
    """The size in which the first frame is shown; None where none of the first packets can be decoded."""
    packets = container.demux(stream)
    shape = PixelShape(stream)
    for _ in range(TRY_PACKETS):
        try:
            frames = next(packets).decode()
        except av.FFmpegError:
            continue
        except StopIteration:
            break
        if frames:
            return shown_size(frames[0], shape.ratio, Orientations().of(frames[0]))
    return None


def suffix_of(container: Any, path: Path) -> str:
    """The ending for our own name of the file, so that a browser gets to know its type."""
    names = container.format.name.split(",")
    if "mp4" in names:
        with path.open("rb") as file:
            return "mov" if file.read(START_BYTES)[8:10] == b"qt" else "mp4"
    if "webm" in names:
        codecs = {stream.codec_context.name for stream in container.streams if stream.codec_context}
        web = all(name.startswith(("vp8", "vp9", "av1", "libdav1d", "opus", "vorbis")) for name in codecs)
        return "webm" if web else "mkv"
    return SUFFIXES.get(names[0], OTHER_SUFFIX)


def unreadable(path: Path, why: str) -> UploadRefused:
    """The refusal of a file: damaged where it starts like a video, or else no video at all."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    is_video = start[4:8] in (b"ftyp", b"moov", b"mdat") or start.startswith((b"\x1aE\xdf\xa3", b"RIFF"))
    if not is_video:
        return UploadRefused(415, "not_a_video", NOT_READ)
    detail = f"The video is damaged or was cut off ({why}): export or copy it again"
    return UploadRefused(422, "invalid_video", detail)


def hours(seconds: float) -> str:
    """A length of time for people."""
    return f"{seconds / 3600:.3g} h" if seconds >= 3600 else f"{seconds / 60:.3g} min"
