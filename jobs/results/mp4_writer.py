"""Writes videos that browsers play; no Django."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from jobs.results.sound import Sound
from pipelines.errors import InvalidVideo

# Fine enough for every frame rate there is, and MPEG's own.
TICKS_S = 90_000
# A frame that stands alone is shown for so long.
STILL_S = 1.0
BT709, VIDEO_RANGE = 1, 1
X264 = {"crf": "21", "preset": "veryfast"}

Image = NDArray[np.uint8]


class Mp4Writer:
    """An H.264 video with sound that browsers play, also while it is still being loaded; raises OSError.

    The first frame sets the size, rounded up to even numbers as H.264 wants it.
    """

    def __init__(self, path: Path, sound: Sound) -> None:
        # PyAV opens the file at the first frame only; a place that cannot be written is told of now.
        path.touch()
        self._container: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._sound = sound
        self._stream: Any = None
        self._last: tuple[int, Image] | None = None
        self._step = round(STILL_S * TICKS_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, *exception: object) -> None:
        if kind is not None:
            # What went wrong has been said; closing says it once more, or tells of the unfinished file.
            with suppress(av.FFmpegError, OSError):
                self._container.close()
            return
        try:
            self._finish()
        finally:
            self._container.close()

    def write(self, time_s: float, image_bgr: Image) -> None:
        """Add a frame that is shown from this time on; one that comes no later than the last is left out."""
        ticks = max(round(time_s * TICKS_S), 0)
        if self._last is not None:
            if ticks <= self._last[0]:
                return
            self._step = ticks - self._last[0]
        # How long a frame lasts is known when the next one comes.
        self._encode_last()
        self._last = ticks, image_bgr

    def _encode_last(self) -> None:
        if self._last is None:
            return
        ticks, image_bgr = self._last
        if self._stream is None:
            self._begin(image_bgr)
        frame = av.VideoFrame.from_ndarray(image_bgr, format="bgr24").reformat(
            width=self._stream.width,
            height=self._stream.height,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
        )
        frame.pts, frame.time_base, frame.duration = ticks, Fraction(1, TICKS_S), self._step
        self._container.mux(self._stream.encode(frame))
        self._sound.copy_until((ticks + self._step) / TICKS_S)

    def _begin(self, image_bgr: Image) -> None:
        height, width = image_bgr.shape[:2]
        stream = self._container.add_stream("libx264", rate=30, options=X264)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, TICKS_S)
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = VIDEO_RANGE
        self._stream = stream
        self._sound.begin(self._container)

    def _finish(self) -> None:
        self._encode_last()
        if self._stream is None:
            raise InvalidVideo("No frame of the video can be decoded")
        self._container.mux(self._stream.encode())
        self._sound.finish()
