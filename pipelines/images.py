"""Bytes to pictures and back; every picture is BGR uint8, HxWx3."""

import io
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipelines.errors import InvalidImage

JPEG_START = b"\xff\xd8"
EXIF_MARK = b"Exif\x00\x00"
# A small file can declare a picture that fills the memory. This is Pillow's own limit: 268 MB of pixels.
MAX_PIXELS = 89_478_485
LETTERBOX_GREY = 114


def decode_jpeg(image_bytes: bytes) -> NDArray[np.uint8]:
    """The picture of a JPEG file as it is stored, without turning it; raises InvalidImage."""
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(image_bytes)
        check_size(width, height)
        return np.asarray(simplejpeg.decode_jpeg(image_bytes, colorspace="BGR"))
    # What the fast decoder refuses, such as CMYK or stray bytes, the patient one may know how to read.
    except ValueError:
        return decode_with_pillow(image_bytes, turn=False)


def decode_image(image_bytes: bytes) -> NDArray[np.uint8]:
    """The picture of any image file, upright as its EXIF data say; raises InvalidImage.

    Transparent places become white.
    """
    if image_bytes.startswith(JPEG_START) and image_bytes.find(EXIF_MARK, 0, 65536) < 0:
        return decode_jpeg(image_bytes)
    return decode_with_pillow(image_bytes, turn=True)


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


def decode_with_pillow(image_bytes: bytes, *, turn: bool) -> NDArray[np.uint8]:
    """The picture of any file that Pillow reads, the first where there are several; raises InvalidImage."""
    try:
        with Image.open(io.BytesIO(image_bytes)) as image:
            check_size(*image.size)
            upright = ImageOps.exif_transpose(image) if turn else image
            return to_bgr(upright)
    except InvalidImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidImage(f"The picture is too large: at most {MAX_PIXELS} pixels") from error
    # Pillow's decoders raise OSError, ValueError, SyntaxError, struct.error and more on broken files.
    except Exception as error:
        raise InvalidImage(not_a_picture(image_bytes)) from error


def to_bgr(image: Image.Image) -> NDArray[np.uint8]:
    """A Pillow picture of any mode, over white where it is transparent."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def check_size(width: int, height: int) -> None:
    """Raise InvalidImage where a picture of this size would not fit into memory comfortably."""
    if width * height > MAX_PIXELS:
        raise InvalidImage(f"The picture is too large: {width}x{height}; at most {MAX_PIXELS} pixels")


def not_a_picture(image_bytes: bytes) -> str:
    """The sentence for bytes that cannot be decoded."""
    if image_bytes.startswith(JPEG_START):
        return "Not a valid JPEG image"
    return "Not a picture that can be read: try JPEG, PNG or WebP"
