"""Reads picture files of every format, with one picture or several in them; no Django.

Several are the frames of an animation, the pages of a TIFF, and the photographs of a burst. What a file has
beside them (previews, masks, gain maps) is left out.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import register_heif_opener

from pipelines.errors import InvalidImage
from pipelines.media.jpeg_header import without_remarks
from pipelines.media.multi_picture import photographs_in, piece_of
from pipelines.media.orientation import ORIENTATION, TURNS, orientation_of, turned
from pipelines.media.pixels import deep_to_bgr, is_deep, smaller, to_bgr, values_of

# What cameras, phones and the web produce. Other formats stay unread: some, such as PostScript, run programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF")
JPEG_START = b"\xff\xd8"
# Of a JPEG or WebP file so much is read: no picture of MAX_PIXELS takes more, and what stands behind it is no
# part of it. Other formats are read piece by piece.
MAX_FILE_BYTES = 100 * 1024 * 1024
# A small file can declare a picture that fills the memory. This is Pillow's own limit: 268 MB of pixels.
MAX_PIXELS = 89_478_485
# What a JPEG file can have. A picture of one row and millions of columns costs those who scale it far more
# than its pixels do.
MAX_SIDE = 65_535
# TIFF 6.0 p. 36: bits of a page that is a smaller copy of another one, or a mask for it.
NEW_SUBFILE_TYPE, COPY_OR_MASK = 254, 1 | 4
# A page has no time of its own: it is shown for so long.
PAGE_S = 1.0
# Colours of 16 bits are read in full where their values take so much at most, as 25 million pixels do without
# transparency: OpenCV holds them twice while it decodes.
DEEP_BYTES, MOST_DEEP_BYTES = 2, 150_000_000
UPPER_BITS = (
    "Only the upper 8 bits of each value are used: read in full, the picture would take too much memory"
)
LEFT_OUT = "{count} previews, masks or gain maps of the file are left out"

register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


class TooManyPixels(InvalidImage):
    """A picture is larger than anything that is decoded."""


@dataclass(frozen=True)
class Picture:
    """One upright picture, BGR uint8 HxWx3; `notes` say what was changed, `shown_s` is for how long."""

    image_bgr: NDArray[np.uint8]
    notes: list[str] = field(default_factory=list)
    shown_s: float = PAGE_S


class PictureFile:
    """An open file in one of FORMATS: `count` pictures, of which the first has `size_wh` as it is stored."""

    def __init__(self, image: Image.Image, file: BinaryIO) -> None:
        check_size(*image.size)
        self.format = str(image.format)
        self.size_wh = image.size
        self._image = image
        self._file = file
        is_jpeg = isinstance(image, JpegImageFile)
        self._parts, left_out = photographs_in(file, image.size) if is_jpeg else ([], 0)
        self._pages = list(range(len(self._parts))) if self._parts else pages_of(image)
        left_out += 0 if self._parts else all_pages(image) - len(self._pages)
        self.notes = [LEFT_OUT.format(count=left_out)] if left_out else []

    @property
    def count(self) -> int:
        """The number of pictures."""
        return len(self._pages)

    @property
    def is_turned(self) -> bool:
        """True if width and height of the first picture change places."""
        # The reader of PNG would decode all of it to see what stands behind the pixels.
        return TURNS.get(Image.Image.getexif(self._image).get(ORIENTATION, 1), TURNS[1])[0]

    def picture(self, number: int, most_pixels: int = MAX_PIXELS) -> Picture:
        """The picture with this number, from 0; quick where they are asked for in their order.

        One of more than `most_pixels` may come smaller: that saves memory, but not for all kinds of pixels.
        """
        if self._parts:
            jpeg = piece_of(self._file, *self._parts[number][:2])
            return Picture(turned(decode_patiently(jpeg), orientation_of(jpeg)))
        image_bgr, notes = self._stored(self._pages[number], most_pixels)
        orientation = self._image.getexif().get(ORIENTATION, 1)
        return Picture(turned(image_bgr, orientation), notes, shown_s(self._image))

    def _stored(self, page: int, most_pixels: int) -> tuple[NDArray[np.uint8], list[str]]:
        image = self._image
        if page != image.tell():
            image.seek(page)
            check_size(*image.size)
        has_deep_colours = self._has_deep_colours()
        # What is damaged is found out here, also where another reader has the values.
        image.load()
        small = smaller(image, most_pixels)
        plain = None if has_deep_colours or is_deep(image.mode) else to_bgr(small)
        values = values_of(small) if is_deep(image.mode) else None
        del small
        if self.count == 1 or image.format == "TIFF":
            # Pillow's own pixels are not wanted any more: of the largest picture they take 200 MB. The frames
            # of an animation are drawn over each other.
            image.im = Image.new(image.mode, (1, 1)).im
        if plain is not None:
            return plain, []
        if values is None:
            values = self._deep_values(page)
        return self._shallow(page, most_pixels) if values is None else with_note(values)

    def _shallow(self, page: int, most_pixels: int) -> tuple[NDArray[np.uint8], list[str]]:
        """The picture as Pillow has it, with the upper 8 bits of each value."""
        self._file.seek(0)
        with opened_image(self._file) as image:
            image.seek(page)
            return to_bgr(smaller(image, most_pixels)), [UPPER_BITS]

    def _has_deep_colours(self) -> bool:
        """True for a picture, not loaded yet, of colours with 16 bits each, of which Pillow keeps 8."""
        tiles = getattr(self._image, "tile", [])
        return not is_deep(self._image.mode) and any(";16" in str(tile.args) for tile in tiles)

    def _deep_values(self, page: int) -> NDArray[Any] | None:
        """The values of a picture of deep colours; None where they cannot be had, or take too much memory."""
        import cv2

        width, height = self._image.size
        value_bytes = width * height * len(self._image.getbands()) * DEEP_BYTES
        if value_bytes > MOST_DEEP_BYTES or self._file.seek(0, io.SEEK_END) > MAX_FILE_BYTES:
            return None
        self._file.seek(0)
        data = np.frombuffer(self._file.read(MAX_FILE_BYTES), np.uint8)
        _, pages = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=(page, page + 1))
        return pages[0] if pages and pages[0].dtype == np.uint16 else None


@contextmanager
def open_pictures(file: BinaryIO, refusal: str) -> Iterator[PictureFile]:
    """The open file for the body; raises InvalidImage, with `refusal` for what cannot be read."""
    with as_invalid(refusal), opened_image(file) as image:
        yield PictureFile(image, file)


@contextmanager
def as_invalid(refusal: str) -> Iterator[None]:
    """Raise InvalidImage for whatever Pillow raises in the body: with `refusal`, or TooManyPixels."""
    try:
        yield
    except (InvalidImage, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(f"The picture is too large: at most {MAX_PIXELS} pixels") from error
    # Pillow's decoders raise OSError, ValueError, SyntaxError, struct.error and more on broken files.
    except Exception as error:
        raise InvalidImage(refusal) from error


def all_pages(image: Image.Image) -> int:
    """The number of pictures of all kinds in a file."""
    return int(getattr(image, "n_frames", 1))


def pages_of(image: Image.Image) -> list[int]:
    """The numbers of the pages that are pictures of their own, the main one first."""
    first, count = image.tell(), all_pages(image)
    if image.format != "TIFF" or count == 1:
        return [first, *(page for page in range(count) if page != first)]
    pages = [page for page in range(count) if not is_copy(image, page)] or [0]
    image.seek(pages[0])
    return pages


def is_copy(image: Any, page: int) -> bool:
    """True if a page of a TIFF is a smaller copy or a mask of another one."""
    image.seek(page)
    return bool(int(image.tag_v2.get(NEW_SUBFILE_TYPE, 0)) & COPY_OR_MASK)


def opened_image(file: BinaryIO) -> Image.Image:
    """The file as Pillow opens it; of several JPEG files in one the first."""
    start = piece_of(file, 0, len(JPEG_START))
    file.seek(0)
    return JpegImageFile(file) if start == JPEG_START else Image.open(file, formats=FORMATS)


def decode_patiently(jpeg: bytes) -> NDArray[np.uint8]:
    """The picture of a JPEG file of any kind as it is stored; Pillow raises whatever it stumbles over.

    Pillow would look through comments and EXIF data, of which a file may have any number.
    """
    with JpegImageFile(io.BytesIO(without_remarks(jpeg))) as image:
        check_size(*image.size)
        return to_bgr(image)


def with_note(values: NDArray[Any]) -> tuple[NDArray[np.uint8], list[str]]:
    """Deep values as a picture, with the note that they were scaled."""
    image_bgr, note = deep_to_bgr(values)
    return image_bgr, [note]


def shown_s(image: Image.Image) -> float:
    """For how many seconds a picture of an animation is shown."""
    duration_ms = image.info.get("duration")
    return float(duration_ms) / 1000 if isinstance(duration_ms, int | float) and duration_ms > 0 else PAGE_S


def check_size(width: int, height: int) -> None:
    """Raise TooManyPixels where a picture of this size would not fit into memory comfortably."""
    if width * height > MAX_PIXELS:
        raise TooManyPixels(f"The picture is too large: {width}x{height}; at most {MAX_PIXELS} pixels")
    if max(width, height) > MAX_SIDE:
        raise TooManyPixels(f"The picture is too long: {width}x{height}; at most {MAX_SIDE} on a side")
