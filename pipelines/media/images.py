"""Bytes to pictures and back; every picture is BGR uint8, HxWx3."""

import io
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from pipelines.errors import InvalidImage
from pipelines.media.jpeg_header import MAX_SCANS, BadHeader, count_scans, has_too_many_scans, read_header

# What cameras, phones and the web produce. Other formats stay unread: some, such as PostScript, run programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
JPEG_START = b"\xff\xd8"
EXIF_MARK = b"Exif\x00\x00"
EXIF_WITHIN = 65_536
ORIENTATION = 0x0112
MOST_ENTRIES = 200
# How arrays are turned for each orientation of EXIF, TIFF 6.0 p. 36: over the diagonal, then up-down and
# left-right.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
# Of a JPEG or WebP file so much is read: no picture of MAX_PIXELS takes more, and what stands behind it is no
# part of it. Other formats are read piece by piece.
MAX_FILE_BYTES = 100 * 1024 * 1024
RIFF = b"RIFF"
# Pillow's picture is copied in bands of about so many pixels.
BAND_PIXELS = 1_000_000
# A small file can declare a picture that fills the memory. This is Pillow's own limit: 268 MB of pixels.
MAX_PIXELS = 89_478_485
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
        return decode_with_pillow(io.BytesIO(image_bytes), not_a_picture(image_bytes), turn=False)


def decode_image(image_bytes: bytes) -> NDArray[np.uint8]:
    """The picture of any image file, upright as its EXIF data say; raises InvalidImage.

    Transparent places become white.
    """
    if image_bytes.startswith(JPEG_START):
        return turned(decode_jpeg(image_bytes), orientation_of(image_bytes))
    return decode_with_pillow(io.BytesIO(image_bytes), not_a_picture(image_bytes), turn=True)


def decode_file(path: Path) -> NDArray[np.uint8]:
    """The picture of a file, of which no more is read than its picture takes; raises InvalidImage."""
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(0)
        if start.startswith(JPEG_START):
            return decode_image(file.read(MAX_FILE_BYTES))
        if start.startswith(RIFF):
            declared = 8 + int.from_bytes(start[4:], "little")
            return decode_image(file.read(min(declared, MAX_FILE_BYTES)))
        return decode_with_pillow(file, not_a_picture(start), turn=True)


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


def decode_with_pillow(file: BinaryIO, refusal: str, *, turn: bool) -> NDArray[np.uint8]:
    """The picture of a file in one of FORMATS, the first where there are several; raises InvalidImage."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            check_size(*image.size)
            image.load()
            orientation = image.getexif().get(ORIENTATION, 1) if turn else 1
            image_bgr = to_bgr(image)
        return turned(image_bgr, orientation)
    except (InvalidImage, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidImage(f"The picture is too large: at most {MAX_PIXELS} pixels") from error
    # Pillow's decoders raise OSError, ValueError, SyntaxError, struct.error and more on broken files.
    except Exception as error:
        raise InvalidImage(refusal) from error


def to_bgr(image: Image.Image) -> NDArray[np.uint8]:
    """A Pillow picture of any mode, over white where it is transparent; band by band, to save memory."""
    width, height = image.size
    image_bgr = np.empty((height, width, 3), np.uint8)
    rows = max(1, BAND_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        band = band_in_rgb(image.crop((0, top, width, bottom)), image.has_transparency_data)
        image_bgr[top:bottom] = np.asarray(band)[:, :, ::-1]
    return image_bgr


def band_in_rgb(band: Image.Image, transparent: bool) -> Image.Image:
    """A part of a picture in RGB, over white."""
    if band.mode.startswith("I;16"):
        band = Image.fromarray((np.asarray(band) >> 8).astype(np.uint8))
    if transparent:
        band = band.convert("RGBA")
        band = Image.alpha_composite(Image.new("RGBA", band.size, "white"), band)
    return band.convert("RGB")


def turned(image_bgr: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The picture upright, by its EXIF orientation from 1 to 8; as it is for any other number."""
    over_diagonal, up_down, left_right = TURNS.get(orientation, TURNS[1])
    if over_diagonal:
        image_bgr = image_bgr.transpose(1, 0, 2)
    return np.ascontiguousarray(image_bgr[:: -1 if up_down else 1, :: -1 if left_right else 1])


def orientation_of(jpeg: bytes) -> int:
    """The orientation in the EXIF data of a JPEG file, 1 where there is none."""
    at = jpeg.find(EXIF_MARK, 0, EXIF_WITHIN)
    return orientation_in(jpeg[at + len(EXIF_MARK) : at + EXIF_WITHIN]) if at >= 0 else 1


def orientation_in(tiff: bytes) -> int:
    """The orientation in the first directory of EXIF data, 1 where there is none; TIFF 6.0, section 2."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4], "")
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for number in range(min(count, MOST_ENTRIES) if order else 0):
            tag, value = struct.unpack_from(f"{order}H6xH", tiff, directory + 2 + 12 * number)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        pass  # the data are cut off
    return 1


def check_scans(jpeg: bytes) -> None:
    """Raise InvalidImage where decoding would go over the picture far too often."""
    try:
        too_many = has_too_many_scans(read_header(jpeg), MAX_PIXELS)
    except BadHeader:
        too_many = count_scans(jpeg) > MAX_SCANS
    if too_many:
        raise InvalidImage(f"The picture has too many scans: save it with at most {MAX_SCANS}")


def check_size(width: int, height: int) -> None:
    """Raise InvalidImage where a picture of this size would not fit into memory comfortably."""
    if width * height > MAX_PIXELS:
        raise InvalidImage(f"The picture is too large: {width}x{height}; at most {MAX_PIXELS} pixels")


def not_a_picture(image_bytes: bytes) -> str:
    """The sentence for bytes that cannot be decoded."""
    if image_bytes.startswith(JPEG_START):
        return "Not a valid JPEG image"
    return "Not a picture that can be read: try JPEG, PNG or WebP"
