"""Takes in uploaded pictures: what is too large or no picture is refused before anything is decoded."""

from typing import TYPE_CHECKING, Any

from pipelines.errors import InvalidImage
from pipelines.media.decoding import size_alone
from pipelines.media.picture_file import FORMATS, TooManyPixels

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_BYTES = 20 * 1024 * 1024

TOO_LARGE = f"The file is larger than {MAX_BYTES // 1024**2} MB"


class UploadRefused(Exception):
    """An uploaded file is not taken; `status` is the HTTP status that says so."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


def read_picture(file: "UploadedFile[Any]", max_pixels: int) -> bytes:
    """The bytes of an uploaded picture, of which only the header is looked at; raises UploadRefused."""
    if (file.size or 0) > MAX_BYTES:
        raise UploadRefused(413, "file_too_large", TOO_LARGE)
    image_bytes: bytes = file.read()
    width, height = picture_size(image_bytes)
    if width * height > max_pixels:
        detail = (
            f"The picture has {width}x{height} pixels, and {max_pixels:,} is the most "
            "(FORGESYTE_MAX_PICTURE_PIXELS): make it smaller"
        )
        raise UploadRefused(413, "image_too_large", detail)
    return image_bytes


def picture_size(image_bytes: bytes) -> tuple[int, int]:
    """Declared width and height in pixels; raises UploadRefused where this is no picture."""
    try:
        return size_alone(image_bytes)
    except TooManyPixels as error:
        raise UploadRefused(413, "image_too_large", error.detail) from error
    except InvalidImage as error:
        detail = f"Not a picture; these are read: {', '.join(FORMATS)}"
        raise UploadRefused(415, "not_an_image", detail) from error
