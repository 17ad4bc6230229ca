"""Finds the film among the streams of a file, and makes its frames pictures as a player shows them."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from pipelines.media.picture_file import MAX_PIXELS
from pipelines.media.pixels import bounded_size

# Covers, thumbnails of chapters and the like stand beside a film.
BESIDE = (
    Disposition.attached_pic
    | Disposition.timed_thumbnails
    | Disposition.still_image
    | Disposition.dependent
    | Disposition.metadata
)
# Pixels that are more than so many times as wide as high, or the other way round, are nonsense in a header.
MAX_STRETCH = 10
SQUARE = Fraction(1)
# AVCOL_SPC_UNSPECIFIED: a frame does not tell how its colours were made.
UNSPECIFIED = 2
Matrix = tuple[int, int, int, int]
UNTURNED: Matrix = (1, 0, 0, 1)


def film_streams(container: Any) -> list[Any]:
    """The streams of a container that are films, first the one that a player shows."""
    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & BESIDE
    ]
    return sorted(streams, key=lambda stream: not stream.disposition & Disposition.default)


def others_left_out(streams: list[Any]) -> list[str]:
    """A sentence on the films that stand beside the one that is worked on."""
    if len(streams) < 2:
        return []
    sizes = ", ".join(f"{stream.width}x{stream.height}" for stream in streams[1:])
    return [f"The file holds {len(streams)} films: only the one that players show is analysed, not {sizes}"]


class PixelShape:
    """The shape of a film's pixels, which a container may tell once or a codec with each frame."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._first: Any = None
        self._is_known = False

    @property
    def ratio(self) -> Fraction:
        """The width of the pixels of the frame that was decoded last by their height."""
        coded = self._stream.codec_context.sample_aspect_ratio
        if not self._is_known:
            self._first, self._is_known = coded, True
        ratio = self._stream.sample_aspect_ratio if coded == self._first else coded
        is_sensible = ratio and Fraction(1, MAX_STRETCH) <= ratio <= MAX_STRETCH
        return Fraction(ratio) if is_sensible else SQUARE


def square_size(size_wh: tuple[int, int], ratio: Fraction) -> tuple[int, int]:
    """The size of a picture in square pixels where its own have this shape; no pixel is lost."""
    width, height = size_wh
    stretched = (round(width * ratio), height) if ratio >= 1 else (width, round(height / ratio))
    return stretched if stretched[0] * stretched[1] <= MAX_PIXELS else size_wh


def upright(
    frame: Any, ratio: Fraction = SQUARE, matrix: Matrix = UNTURNED, most_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """A decoded frame as BGR in square pixels, turned and mirrored as its display matrix says.

    One that would have more than `most_pixels` is made smaller. Raises av.FFmpegError where FFmpeg cannot
    convert it.
    """
    size_wh = bounded_size(square_size((frame.width, frame.height), ratio), most_pixels)
    image_bgr = in_bgr(frame, size_wh)
    a, b, c, d = matrix
    if is_turned(matrix):
        image_bgr = image_bgr.transpose(1, 0, 2)
        a, d = c, b
    return np.ascontiguousarray(image_bgr[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def in_bgr(frame: Any, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A decoded frame in BGR and this size.

    Colours that FFmpeg cannot convert, such as those of a matrix that no standard has, are read as those of a
    frame that does not tell; its `colorspace` then says so. Raises av.FFmpegError.
    """
    width, height = size_wh
    try:
        return np.asarray(frame.to_ndarray(format="bgr24", width=width, height=height))
    except av.FFmpegError:
        if frame.colorspace == UNSPECIFIED:
            raise
    frame.colorspace = UNSPECIFIED
    return np.asarray(frame.to_ndarray(format="bgr24", width=width, height=height))


def shown_size(frame: Any, ratio: Fraction, matrix: Matrix) -> tuple[int, int]:
    """Width and height of a decoded frame as `upright` makes it."""
    width, height = square_size((frame.width, frame.height), ratio)
    return (height, width) if is_turned(matrix) else (width, height)


def is_turned(matrix: Matrix) -> bool:
    """True if the camera was held upright, so that width and height change places."""
    a, b, c, d = matrix
    return abs(b) + abs(c) > abs(a) + abs(d)


class Orientations:
    """The display matrices of a film: the four numbers that turn and mirror it; players turn by right angles.

    A pixel at (x, y) is shown at (a x + c y, b x + d y). A frame of PyAV whose side data was looked at is let
    go of by the garbage collector only, seconds and gigabytes later: one look for each rotation has to do.
    """

    def __init__(self) -> None:
        self._known: dict[int, Matrix] = {}

    def of(self, frame: Any) -> Matrix:
        """The matrix of this frame."""
        rotation = frame.rotation
        if rotation not in self._known:
            matrix = frame.side_data.get("DISPLAYMATRIX")
            self._known[rotation] = UNTURNED if matrix is None else numbers_of(matrix)
        return self._known[rotation]


def numbers_of(side_data: Any) -> Matrix:
    """The numbers of a display matrix that turn and mirror."""
    a, b, _, c, d = np.frombuffer(side_data, np.int32)[:5].tolist()
    return a, b, c, d
