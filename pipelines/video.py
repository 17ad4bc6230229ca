"""Reads the frames of a video file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import InvalidVideo
from pipelines.images import check_size

# Playlists and picture sequences are left out on purpose: they name other files, which FFmpeg would open.
CONTAINERS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,mxf,ivf,h264,hevc,dv,rm,wtv"


@dataclass
class VideoFrame:
    """One upright frame, BGR uint8 HxWx3; `index` counts all frames of the file from 1.

    `warnings` say what was wrong with the file at this frame or between it and the one before.
    """

    index: int
    image_bgr: NDArray[np.uint8]
    warnings: list[str] = field(default_factory=list)


class VideoReader:
    """An open video file; use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidVideo for what is no video."""
        self.path = path
        try:
            options = {"format_whitelist": CONTAINERS}
            self._container: Any = av.open(str(path), options=options, metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise InvalidVideo(f"{path.name} cannot be read as a video: {reason(error)}") from error
        try:
            self._stream: Any = self._video_stream()
            check_size(self._stream.width, self._stream.height)
        except BaseException:
            self._container.close()
            raise
        self._warnings: list[str] = []

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
        """How many frames the file says it has, or its length suggests; None where neither is known."""
        if self._stream.frames:
            return int(self._stream.frames)
        if self._container.duration:
            seconds: float = self._container.duration / av.time_base
            return max(round(seconds * self.fps), 1)
        return None

    def frames(self, *, frame_stride: int = 1, max_frames: int | None = None) -> Iterator[VideoFrame]:
        """Every `frame_stride`-th frame from the first on, at most `max_frames` of them; once per reader.

        A frame that cannot be decoded keeps its index and is left out. Raises InvalidVideo where none can.
        """
        given = 0
        index = None
        for index, frame in self._decoded():
            if (index - 1) % frame_stride == 0:
                yield VideoFrame(index, upright(frame), self._take_warnings())
                given += 1
                if given == max_frames:
                    return
        if index is None:
            raise InvalidVideo(f"{self.path.name} cannot be read as a video: no frame of it can be decoded")

    def _video_stream(self) -> Any:
        streams = [stream for stream in self._container.streams.video if stream.codec_context is not None]
        if not streams:
            raise InvalidVideo(f"{self.path.name} cannot be read as a video: there is no picture in it")
        streams[0].thread_type = "AUTO"
        return streams[0]

    def _decoded(self) -> Iterator[tuple[int, Any]]:
        index = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                index += 1
                self._warnings.append(f"Frame {index} cannot be decoded: {reason(error)}")
                continue
            for frame in frames:
                index += 1
                if frame.is_corrupt:
                    self._warnings.append(f"Frame {index} is damaged")
                yield index, frame

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            self._warnings.append(f"The file ends too early: {reason(error)}")

    def _take_warnings(self) -> list[str]:
        taken, self._warnings = self._warnings, []
        return taken


def upright(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame as BGR, turned as the camera was held."""
    image_bgr = frame.to_ndarray(format="bgr24")
    return np.ascontiguousarray(np.rot90(image_bgr, k=round(frame.rotation / 90) % 4))


def reason(error: Exception) -> str:
    """FFmpeg's own words for what went wrong."""
    return str(getattr(error, "strerror", None) or error)
