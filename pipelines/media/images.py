"""Bytes to pictures and back; every picture is BGR uint8, HxWx3."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from pipelines.errors import InvalidImage
from pipelines.media.jpeg_header import MAX_SCANS, BadHeader, count_scans, has_too_many_scans, read_header
from pipelines.media.multi_picture import photographs_in
from pipelines.media.orientation import orientation_of, turned
from pipelines.media.picture_file import (
    FORMATS,
    JPEG_START,
    LEFT_OUT,
    MAX_FILE_BYTES,
    MAX_PIXELS,
    Picture,
    PictureFile,
    as_invalid,
    check_size,
    decode_patiently,
    open_pictures,
)
from pipelines.media.pixels import bounded_size

RIFF = b"RIFF"
SEVERAL = "The file has {count} pictures, and only the first is worked on: upload it as a job for all of them"
LETTERBOX_GREY = 114


def decode_jpeg(image_bytes: bytes) -> NDArray[np.uint8]:
    """The picture of a JPEG file as it is stored, without turning it; raises InvalidImage."""
    check_scans(image_bytes)
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(image_bytes)
        check_size(width, height)
        return np.asarray(simplejpeg.decode_jpeg(image_bytes, colorspace="BGR"))
    # What the fast decoder refuses, such as CMYK or stray bytes, the patient one may know how to read.
    except ValueError:
        with as_invalid(not_a_picture(image_bytes)):
            return decode_patiently(image_bytes)


def decode_image(image_bytes: bytes) -> NDArray[np.uint8]:
    """The first picture of any image file, upright as its EXIF data say; raises InvalidImage."""
    return read_picture(image_bytes).image_bgr


def read_picture(image_bytes: bytes) -> Picture:
    """The first picture of any image file, upright, over white where it is transparent.

    Its notes say what was changed, and how many pictures there are. Raises InvalidImage.
    """
    if image_bytes.startswith(JPEG_START):
        return read_jpeg(image_bytes)
    with open_pictures(io.BytesIO(image_bytes), not_a_picture(image_bytes)) as file:
        return first_of(file)


def read_jpeg(jpeg: bytes) -> Picture:
    """The first picture of a JPEG file, upright; raises InvalidImage.

    Nothing that goes through the file's segments in Python is unbounded: live frames come here.
    """
    image_bgr = decode_jpeg(jpeg)
    height, width, _ = image_bgr.shape
    photographs, left_out = photographs_in(io.BytesIO(jpeg), (width, height))
    notes = notes_on(len(photographs), LEFT_OUT.format(count=left_out) if left_out else "")
    return Picture(turned(image_bgr, orientation_of(jpeg)), notes)


def size_of(image_bytes: bytes) -> tuple[int, int]:
    """Width and height of the first picture of a file as its header declares them.

    Raises InvalidImage, which is TooManyPixels for far too many.
    """
    file = io.BytesIO(image_bytes)
    with as_invalid(not_a_picture(image_bytes)), Image.open(file, formats=FORMATS) as image:
        check_size(*image.size)
        return image.size


def first_of(file: PictureFile) -> Picture:
    """The first picture of an open file, with a note where there are more."""
    picture = file.picture(0)
    return replace(picture, notes=[*notes_on(file.count, *file.notes), *picture.notes])


def notes_on(count: int, *others: str) -> list[str]:
    """The notes on a file of so many pictures, and the others that are not empty."""
    return [*([SEVERAL.format(count=count)] if count > 1 else []), *filter(None, others)]


def decode_file(path: Path) -> NDArray[np.uint8]:
    """The first picture of a file; raises InvalidImage."""
    return read_file(path).image_bgr


def read_file(path: Path) -> Picture:
    """The first picture of a file, of which no more is read than its picture takes; raises InvalidImage."""
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(0)
        if start.startswith(JPEG_START):
            return read_picture(file.read(MAX_FILE_BYTES))
        if start.startswith(RIFF):
            declared = 8 + int.from_bytes(start[4:], "little")
            return read_picture(file.read(min(declared, MAX_FILE_BYTES)))
        with open_pictures(file, not_a_picture(start)) as pictures:
            return first_of(pictures)


def encode_jpeg(image_bgr: NDArray[np.uint8], quality: int = 85) -> bytes:
    """The picture as a JPEG file; `quality` from 1 to 100."""
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(image_bgr), quality=quality, colorspace="BGR"
    )
    return encoded


def check_image(image: Any) -> NDArray[np.uint8]:
    """`image` itself if it is BGR uint8 HxWx3 and not empty; raises InvalidImage."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not image.size:
        raise InvalidImage("Not a picture: an array of bytes is expected")
    if image.ndim != 3 or image.shape[2] != 3:
        raise InvalidImage(f"Not a picture: its shape is {image.shape}, not height x width x 3")
    return image


def letterbox(image_bgr: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture scaled into the middle of a grey frame of `size_wh`, with its proportions kept."""
    width, height = size_wh
    scale = min(width / image_bgr.shape[1], height / image_bgr.shape[0])
    inner_wh = max(round(image_bgr.shape[1] * scale), 1), max(round(image_bgr.shape[0] * scale), 1)
    inner = np.asarray(Image.fromarray(image_bgr).resize(inner_wh, Image.Resampling.LANCZOS))
    left, top = (width - inner_wh[0]) // 2, (height - inner_wh[1]) // 2
    boxed = np.full((height, width, 3), LETTERBOX_GREY, np.uint8)
    boxed[top : top + inner_wh[1], left : left + inner_wh[0]] = inner
    return boxed


def shrunk(image_bgr: NDArray[np.uint8], most_pixels: int) -> NDArray[np.uint8]:
    """The picture, made smaller where it has more pixels than that."""
    import cv2

    height, width = image_bgr.shape[:2]
    if height * width <= most_pixels:
        return image_bgr
    size_wh = bounded_size((width, height), most_pixels)
    return np.asarray(cv2.resize(image_bgr, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def check_scans(jpeg: bytes) -> None:
    """Raise InvalidImage where decoding would go over the picture far too often."""
    try:
        too_many = has_too_many_scans(read_header(jpeg), MAX_PIXELS)
    except BadHeader:
        too_many = count_scans(jpeg) > MAX_SCANS
    if too_many:
        raise InvalidImage(f"The picture has too many scans: save it with at most {MAX_SCANS}")


def not_a_picture(image_bytes: bytes) -> str:
    """The sentence for bytes that cannot be decoded."""
    if image_bytes.startswith(JPEG_START):
        return "Not a valid JPEG image"
    return f"Not a picture that can be read; these are read: {', '.join(FORMATS)}"
