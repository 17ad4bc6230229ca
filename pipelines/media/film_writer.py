"""Writes films in which every picture has its own time; in an MP4, browsers play them."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, Self

import av
import numpy as np
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from pipelines.errors import InvalidVideo
from pipelines.media.images import letterbox
from pipelines.media.pixels import bounded_size

# Fine enough for every frame rate there is, and MPEG's own.
TICKS_S = 90_000
# A frame that stands alone is shown for so long.
STILL_S = 1.0
# 4K: browsers play no more, and an encoder should hold no more. Larger films are made smaller.
MAX_PIXELS = 4096 * 2304
# x264's own bound for each side.
MAX_SIDE = 16_384
# Above that the encoder looks at no frames ahead, which would take it half a gigabyte.
FULL_HD = 1920 * 1088
BT709, VIDEO_RANGE = 1, 1
# Without B-frames: an MP4 with them is as long as its frames in the order in which they are decoded.
X264 = {"crf": "21", "preset": "veryfast", "bf": "0"}

Image = NDArray[np.uint8]


class SoundSource(Protocol):
    """The sound that goes with the pictures; times in seconds."""

    def begin(self, target: Any) -> None:
        """Add the sound's stream to an output container of PyAV, before anything is written to it."""
        ...

    def copy_until(self, time_s: float) -> None:
        """Write what sounds before this time."""
        ...

    def finish(self) -> None:
        """Write what is left; nothing more comes."""
        ...


class FilmWriter:
    """An H.264 film, in the container that its name asks for; raises OSError and ValueError.

    An MP4 plays in browsers, also while it is still being loaded. Pictures of another size than `size_wh`, or
    than the first where it is not given, are fitted into it with their proportions kept; it is rounded up to
    even numbers as H.264 wants it. The last picture is shown for as long as the one before it.
    """

    def __init__(
        self, path: Path, sound: SoundSource | None = None, size_wh: tuple[int, int] | None = None
    ) -> None:
        options = {"movflags": "+faststart"} if path.suffix.lower() in (".mp4", ".mov") else {}
        self._container: Any = av.open(str(path), "w", options=options)
        # PyAV opens the file at the first frame only; a place that cannot be written is told of now.
        path.touch()
        self._sound = sound
        self._size_wh = size_wh
        self._durations: dict[int, int] = {}
        self._stream: Any = None
        self._last: tuple[int, Any] | None = None
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
        self._last = ticks, self._converted(image_bgr)

    def _converted(self, image_bgr: Image) -> Any:
        """The picture as it is encoded: that is what waits, for it is the smaller one."""
        if self._stream is None:
            self._begin(image_bgr)
        if self._size_wh and not has_shape(image_bgr, self._size_wh):
            image_bgr = letterbox(image_bgr, self._size_wh)
        return av.VideoFrame.from_ndarray(image_bgr, format="bgr24").reformat(
            width=self._stream.width,
            height=self._stream.height,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
        )

    def _encode_last(self) -> None:
        if self._last is None:
            return
        ticks, frame = self._last
        frame.pts, frame.time_base = ticks, Fraction(1, TICKS_S)
        self._durations[ticks] = self._step
        self._mux(self._stream.encode(frame))
        if self._sound:
            self._sound.copy_until((ticks + self._step) / TICKS_S)

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            # The encoder forgets how long a frame lasts: the last one would be gone at once.
            packet.duration = self._durations.pop(packet.pts, packet.duration)
            self._container.mux(packet)

    def _begin(self, image_bgr: Image) -> None:
        size_wh = bounded_size(self._size_wh or (image_bgr.shape[1], image_bgr.shape[0]), MAX_PIXELS)
        width, height = self._size_wh = min(size_wh[0], MAX_SIDE), min(size_wh[1], MAX_SIDE)
        options = {**X264, "tune": "zerolatency"} if width * height > FULL_HD else X264
        stream = self._container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, TICKS_S)
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = VIDEO_RANGE
        self._stream = stream
        if self._sound:
            self._sound.begin(self._container)

    def _finish(self) -> None:
        self._encode_last()
        if self._stream is None:
            raise InvalidVideo("No frame of the video can be decoded")
        self._mux(self._stream.encode())
        if self._sound:
            self._sound.finish()


def has_shape(image_bgr: Image, size_wh: tuple[int, int]) -> bool:
    """True if a picture fills a frame of this size without bars, to a pixel; the codec scales it."""
    height, width = image_bgr.shape[0], image_bgr.shape[1]
    return bool(abs(width * size_wh[1] - height * size_wh[0]) <= max(width, height))
