"""Reads the frames of a video file."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import InvalidVideo
from pipelines.media.cut_off import missing_bytes
from pipelines.media.film_clock import DIGITS, BestTimestamp, FilmClock, Moment, jump_of
from pipelines.media.film_picture import (
    Orientations,
    PixelShape,
    film_streams,
    others_left_out,
    shown_size,
    upright,
)
from pipelines.media.frame_numbers import FrameNumbers, Tally
from pipelines.media.picture_file import MAX_PIXELS, check_size

# Playlists and picture sequences are left out on purpose: they name other files, which FFmpeg would open.
CONTAINERS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,mxf,ivf,h264,hevc,dv,rm,wtv"
# Should a container name another file after all, it may at least be no address.
PROTOCOLS = "file"
# A recording may grow while it goes on, as those of video calls do: up to 4K, whatever it declares.
MAY_GROW_TO = 4096 * 2304
# What the threads of a decoder may hold together, where a pixel takes about so many bytes.
DECODER_BYTES = 128 * 1024 * 1024
BYTES_A_PIXEL = 4
# What declares more frames a second tells of its clock, not of its frames.
MAX_FPS = 1000.0
TOO_EARLY = "The file ends too early"
ODD_COLOURS = (
    "From frame {index} on colours may be wrong: those of the film (number {number}) cannot be converted"
)


@dataclass(frozen=True)
class LostFrame:
    """A frame that cannot be decoded: about when it would have been shown, and FFmpeg's reason."""

    time_s: float
    why: str


@dataclass
class VideoFrame:
    """One upright frame in square pixels, BGR uint8 HxWx3; `index` counts all frames of the file from 1.

    `time_s` is when it is shown, from the beginning of the film; it is later than that of the frame before.
    `warnings` say what was wrong with the file at this frame or between it and the one that was given before;
    `lost` are the frames in between that cannot be decoded, by their index.
    """

    index: int
    image_bgr: NDArray[np.uint8]
    warnings: list[str] = field(default_factory=list)
    time_s: float = 0.0
    lost: dict[int, LostFrame] = field(default_factory=dict)


def open_container(path: Path, max_pixels: int = MAX_PIXELS) -> Any:
    """An open container of PyAV; no frame of more pixels is decoded to find out what is in it.

    No other file or address is opened. Raises av.FFmpegError, OSError and ValueError.
    """
    options = {
        "format_whitelist": CONTAINERS,
        "protocol_whitelist": PROTOCOLS,
        "max_pixels": str(max_pixels),
        "threads": "1",
    }
    return av.open(str(path), options=options, metadata_errors="replace")


class VideoReader:
    """An open video file, read as a player shows it; use it in a `with`.

    A frame that is larger than the file declares cannot be decoded, unless it is at most 4K.
    """

    def __init__(self, path: Path) -> None:
        """Raises InvalidVideo for what is no video."""
        self.path = path
        try:
            self._container: Any = open_container(path)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise InvalidVideo(f"{path.name} cannot be read as a video: {reason(error)}") from error
        # What was wrong with the file and has not gone out with a frame yet.
        self.warnings: list[str] = []
        self.lost: dict[int, LostFrame] = {}
        try:
            self._stream: Any = self._video_stream()
            check_size(self._stream.width, self._stream.height)
        except BaseException:
            self._container.close()
            raise
        self._clock = clock_of(self._container, self.fps)
        self._size: tuple[int, int] | None = None
        self._has_odd_colours = False
        self._tally = Tally(self._stream.codec_context.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()

    @property
    def fps(self) -> float:
        """Frames a second on average; 25 where the file does not say."""
        return rate_of(self._stream) or 25.0

    @property
    def frames_total(self) -> int | None:
        """The number of frames that the file declares or its length suggests; None where neither is known."""
        if self._stream.frames:
            return int(self._stream.frames)
        if self._container.duration:
            seconds: float = self._container.duration / av.time_base
            return max(round(seconds * self.fps), 1)
        return None

    @property
    def end_s(self) -> float:
        """The end of the frame that was decoded last: it lasts for as long as the one before it."""
        return self._clock.end_s

    def frames(
        self,
        *,
        frame_stride: int = 1,
        max_frames: int | None = None,
        first_frame: int = 1,
        most_pixels: int = MAX_PIXELS,
    ) -> Iterator[VideoFrame]:
        """Every `frame_stride`-th frame from the first on, at most `max_frames` of them; once per reader.

        Those before `first_frame` are passed over, as if they had been given before. A frame that cannot be
        decoded keeps its index and is left out. Those of more than `most_pixels` are made smaller. Raises
        InvalidVideo where none can be decoded.
        """
        given = 0
        is_readable = False
        shape, orientations = PixelShape(self._stream), Orientations()
        for index, time_s, frame in self._decoded():
            ratio, matrix = shape.ratio, orientations.of(frame)
            if (index - 1) % frame_stride:
                is_readable = True
                continue
            is_passed_over = index < first_frame
            convert = partial(upright, frame, ratio, matrix, most_pixels)
            image_bgr = None if is_passed_over else self._converted(index, time_s, frame, convert)
            if image_bgr is None and not is_passed_over:
                continue
            is_readable = True
            self._note_size(index, shown_size(frame, ratio, matrix))
            warnings, lost = self._take_warnings()
            if image_bgr is None:
                continue
            yield VideoFrame(index, image_bgr, warnings, time_s, lost)
            given += 1
            if given == max_frames:
                return
        if not is_readable:
            raise InvalidVideo(f"{self.path.name} cannot be read as a video: no frame of it can be decoded")

    def _converted(
        self, index: int, time_s: float, frame: Any, convert: Callable[[], NDArray[np.uint8]]
    ) -> NDArray[np.uint8] | None:
        """The picture that `convert` makes of a decoded frame; None, with a warning, where it cannot."""
        colours = frame.colorspace
        try:
            image_bgr = convert()
        except av.FFmpegError as error:
            self._note_lost(index, LostFrame(time_s, reason(error)))
            return None
        if frame.colorspace != colours and not self._has_odd_colours:
            self._has_odd_colours = True
            self.warnings.append(ODD_COLOURS.format(index=index, number=colours))
        return image_bgr

    def _video_stream(self) -> Any:
        streams = film_streams(self._container)
        if not streams:
            raise InvalidVideo(f"{self.path.name} cannot be read as a video: there is no film in it")
        self.warnings += others_left_out(streams)
        stream = streams[0]
        self.max_pixels = max(stream.width * stream.height, MAY_GROW_TO)
        stream.thread_type = "AUTO"
        stream.thread_count = threads_for(self.max_pixels)
        stream.codec_context.options = {"max_pixels": str(self.max_pixels)}
        return stream

    def _decoded(self) -> Iterator[tuple[int, float, Any]]:
        """Number, time and picture of each frame that can be decoded."""
        numbers, times = FrameNumbers(), BestTimestamp()
        for packet in self._packets():
            numbers.expect(when(packet))
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                numbers.complain(self._why_lost(error))
                continue
            for frame in frames:
                self._tally.decoded(frame)
                index, lost = numbers.number(when(frame))
                moment = self._moment(times.choose(frame.pts, frame.dts), lost)
                if moment.trouble:
                    self.warnings.append(f"Frame {index} {moment.trouble}")
                if frame.is_corrupt:
                    self.warnings.append(f"Frame {index} is damaged")
                yield index, moment.time_s, frame
        self._step_over(numbers.lost_at_end())
        self._note_missing()

    def _moment(self, shown: int | None, lost: dict[int, str]) -> Moment:
        """The time of a frame; frames lost before it are noted with times spread evenly up to it."""
        last_s = self._clock.last_s
        if shown is None or last_s is None:
            self._step_over(lost)
            return self._clock.moment(None if shown is None else float(shown * self._stream.time_base))
        moment = self._clock.moment(float(shown * self._stream.time_base))
        for place, (index, why) in enumerate(lost.items(), start=1):
            time_s = last_s + (moment.time_s - last_s) * place / (len(lost) + 1)
            self._complain(index, LostFrame(round(time_s, DIGITS), why))
        return moment

    def _step_over(self, lost: dict[int, str]) -> None:
        """Note frames that were lost where nothing tells when they would have been shown."""
        for index, why in lost.items():
            self._complain(index, LostFrame(self._clock.moment(None).time_s, why))

    def _why_lost(self, error: av.FFmpegError) -> str:
        """The reason for which a frame is lost; FFmpeg has no word of its own for one that is too large."""
        if error.errno == errno.EINVAL:
            limit = f"{self.max_pixels:,} pixels"
            return f"{reason(error)} (is it larger than the file says, and than {limit}?)"
        return reason(error)

    def _packets(self) -> Iterator[Any]:
        try:
            for packet in self._container.demux(self._stream):
                self._tally.read(packet)
                yield packet
        except av.FFmpegError as error:
            self.warnings.append(f"{TOO_EARLY}: {reason(error)}")

    def _complain(self, index: int, lost: LostFrame) -> None:
        self._tally.lost += 1
        self._note_lost(index, lost)

    def _note_lost(self, index: int, lost: LostFrame) -> None:
        self.lost[index] = lost
        self.warnings.append(lost_frame(index, lost.why))

    def _note_size(self, index: int, size: tuple[int, int]) -> None:
        if self._size is not None and self._size != size:
            before = "{}x{}".format(*self._size)
            self.warnings.append(f"From frame {index} on the size is {size[0]}x{size[1]}, no longer {before}")
        self._size = size

    def _note_missing(self) -> None:
        """Say what a file that was cut off announces and does not have."""
        announced, found = self._stream.frames, self._tally.packets
        missing = missing_bytes(self.path)
        # AVI counts ticks of its clock, whether there is a frame at each or not.
        if missing and found < announced and "mp4" in self._container.format.name:
            self.warnings.append(f"The file announces {announced} frames, and only {found} were found")
        elif missing and not any(warning.startswith(TOO_EARLY) for warning in self.warnings):
            self.warnings.append(f"{TOO_EARLY}: at least {missing:,} bytes are missing")
        self.warnings += self._tally.troubles()

    def _take_warnings(self) -> tuple[list[str], dict[int, LostFrame]]:
        taken = self.warnings, self.lost
        self.warnings, self.lost = [], {}
        return taken


def threads_for(pixels: int) -> int:
    """The number of threads that may decode frames of so many pixels: each holds a frame or two."""
    return max(min(os.cpu_count() or 1, DECODER_BYTES // (pixels * BYTES_A_PIXEL)), 1)


def lost_frame(index: int, why: str) -> str:
    """The sentence for a frame that cannot be decoded."""
    return f"Frame {index} cannot be decoded: {why}"


def when(item: Any) -> int | None:
    """The time at which a packet or frame is shown, in units of its stream; None where it is not told."""
    timestamp: int | None = item.dts if item.pts is None else item.pts
    return timestamp


def clock_of(container: Any, fps: float) -> FilmClock:
    """The clock of an open container, which begins where the first of its sounds and pictures does."""
    begins_s = (container.start_time or 0) / av.time_base
    return FilmClock(begins_s, 1 / fps, jump_s=jump_of(container.format.name))


def rate_of(stream: Any) -> float | None:
    """Frames a second on average; None where the file does not say, or says nonsense."""
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if 0 < rate < MAX_FPS else None


def reason(error: Exception) -> str:
    """FFmpeg's own words for what went wrong."""
    return str(getattr(error, "strerror", None) or error)
