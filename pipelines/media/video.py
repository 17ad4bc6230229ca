"""Reads the frames of a video file."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import InvalidVideo
from pipelines.media.images import MAX_PIXELS, check_size

# Playlists and picture sequences are left out on purpose: they name other files, which FFmpeg would open.
CONTAINERS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,mxf,ivf,h264,hevc,dv,rm,wtv"
# Should a container name another file after all, it may at least be no address.
PROTOCOLS = "file"
# A recording may grow while it goes on, as those of video calls do: up to 4K, whatever it declares.
MAY_GROW_TO = 4096 * 2304
# What the threads of a decoder may hold together, where a pixel takes about so many bytes.
DECODER_BYTES = 512 * 1024 * 1024
BYTES_A_PIXEL = 4


@dataclass
class VideoFrame:
    """One upright frame, BGR uint8 HxWx3; `index` counts all frames of the file from 1.

    `time_s` is when it is shown, from the beginning of the file. `warnings` say what was wrong with the file
    at this frame or between it and the one that was given before; `lost` are the frames in between that
    cannot be decoded, by their index, each with FFmpeg's reason.
    """

    index: int
    image_bgr: NDArray[np.uint8]
    warnings: list[str] = field(default_factory=list)
    time_s: float = 0.0
    lost: dict[int, str] = field(default_factory=dict)


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
    """An open video file; use it in a `with`.

    A frame that is larger than the file declares cannot be decoded, unless it is at most 4K.
    """

    def __init__(self, path: Path) -> None:
        """Raises InvalidVideo for what is no video."""
        self.path = path
        try:
            self._container: Any = open_container(path)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise InvalidVideo(f"{path.name} cannot be read as a video: {reason(error)}") from error
        try:
            self._stream: Any = self._video_stream()
            check_size(self._stream.width, self._stream.height)
        except BaseException:
            self._container.close()
            raise
        # What was wrong with the file and has not gone out with a frame yet.
        self.warnings: list[str] = []
        self.lost: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()

    @property
    def fps(self) -> float:
        """Frames a second on average; 25 where the file does not say."""
        return float(self._stream.average_rate or self._stream.guessed_rate or 25)

    @property
    def frames_total(self) -> int | None:
        """The number of frames that the file declares or its length suggests; None where neither is known."""
        if self._stream.frames:
            return int(self._stream.frames)
        if self._container.duration:
            seconds: float = self._container.duration / av.time_base
            return max(round(seconds * self.fps), 1)
        return None

    def frames(
        self, *, frame_stride: int = 1, max_frames: int | None = None, first_frame: int = 1
    ) -> Iterator[VideoFrame]:
        """Every `frame_stride`-th frame from the first on, at most `max_frames` of them; once per reader.

        Those before `first_frame` are passed over, as if they had been given before. A frame that cannot be
        decoded keeps its index and is left out. Raises InvalidVideo where none can.
        """
        given = 0
        index = None
        for index, frame in self._decoded():
            if (index - 1) % frame_stride == 0:
                warnings, lost = self._take_warnings()
                if index < first_frame:
                    continue
                yield VideoFrame(index, upright(frame), warnings, self._time_s(index, frame), lost)
                given += 1
                if given == max_frames:
                    return
        if index is None:
            raise InvalidVideo(f"{self.path.name} cannot be read as a video: no frame of it can be decoded")

    def _video_stream(self) -> Any:
        streams = [stream for stream in self._container.streams.video if stream.codec_context is not None]
        if not streams:
            raise InvalidVideo(f"{self.path.name} cannot be read as a video: there is no picture in it")
        stream = streams[0]
        self.max_pixels = max(stream.width * stream.height, MAY_GROW_TO)
        stream.thread_type = "AUTO"
        stream.thread_count = threads_for(self.max_pixels)
        stream.codec_context.options = {"max_pixels": str(self.max_pixels)}
        return stream

    def _decoded(self) -> Iterator[tuple[int, Any]]:
        numbers = FrameNumbers()
        for packet in self._packets():
            numbers.expect(when(packet))
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                numbers.complain(self._why_lost(error))
                continue
            for frame in frames:
                index, lost = numbers.number(when(frame))
                self._complain(lost)
                if frame.is_corrupt:
                    self.warnings.append(f"Frame {index} is damaged")
                yield index, frame
        self._complain(numbers.lost_at_end())

    def _why_lost(self, error: av.FFmpegError) -> str:
        """The reason for which a frame is lost; FFmpeg has no word of its own for one that is too large."""
        if error.errno == errno.EINVAL:
            limit = f"{self.max_pixels:,} pixels"
            return f"{reason(error)} (is it larger than the file says, and than {limit}?)"
        return reason(error)

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            self.warnings.append(f"The file ends too early: {reason(error)}")

    def _complain(self, lost: dict[int, str]) -> None:
        self.lost.update(lost)
        self.warnings += [lost_frame(index, why) for index, why in lost.items()]

    def _take_warnings(self) -> tuple[list[str], dict[int, str]]:
        taken = self.warnings, self.lost
        self.warnings, self.lost = [], {}
        return taken

    def _time_s(self, index: int, frame: Any) -> float:
        shown = when(frame)
        if shown is None:
            return (index - 1) / self.fps
        begins_s: float = (self._container.start_time or 0) / av.time_base
        return round(float(shown * self._stream.time_base) - begins_s, 4)


class FrameNumbers:
    """Numbers frames from 1 in the order in which they are shown, counting those that cannot be decoded.

    A decoder works ahead: it complains of a frame before it has given out those that are shown earlier, so
    which frame is lost is seen when a later one appears. What is missing without a complaint was never to be
    shown.
    """

    def __init__(self) -> None:
        self._index = 0
        self._complaints: list[str] = []
        self._expected: list[int] = []

    def expect(self, timestamp: int | None) -> None:
        """A frame is to be shown at this time."""
        if timestamp is not None:
            heappush(self._expected, timestamp)

    def complain(self, why: str) -> None:
        """One of the frames that are expected cannot be decoded."""
        self._complaints.append(why)

    def number(self, timestamp: int | None) -> tuple[int, dict[int, str]]:
        """The number of the frame that is shown at this time, and of those lost before it with the reason."""
        missing = 0
        while self._expected and timestamp is not None and self._expected[0] <= timestamp:
            missing += heappop(self._expected) < timestamp
        lost = self._lose(len(self._complaints) if timestamp is None else missing)
        self._index += 1
        return self._index, lost

    def lost_at_end(self) -> dict[int, str]:
        """The frames that were lost after the last one that was shown."""
        return self._lose(len(self._complaints))

    def _lose(self, count: int) -> dict[int, str]:
        said, self._complaints = self._complaints[:count], self._complaints[count:]
        numbers = range(self._index + 1, self._index + 1 + len(said))
        self._index += len(said)
        return dict(zip(numbers, said, strict=True))


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


def upright(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame as BGR, turned as the camera was held."""
    image_bgr = frame.to_ndarray(format="bgr24")
    return np.ascontiguousarray(np.rot90(image_bgr, k=round(frame.rotation / 90) % 4))


def reason(error: Exception) -> str:
    """FFmpeg's own words for what went wrong."""
    return str(getattr(error, "strerror", None) or error)
