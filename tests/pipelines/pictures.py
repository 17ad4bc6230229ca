"""Pictures that the tests draw."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont


def drawn(text: str = "", size_wh: tuple[int, int] = (320, 200)) -> Image.Image:
    """A white picture with black words on it."""
    image = Image.new("RGB", size_wh, "white")
    ImageDraw.Draw(image).text((20, 60), text, fill="black", font=ImageFont.load_default(48))
    return image


def picture_file(image: Image.Image, kind: str = "PNG", **options: Any) -> SimpleUploadedFile:
    """The picture as a file that a form can upload."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return SimpleUploadedFile(f"picture.{kind.lower()}", buffer.getvalue(), f"image/{kind.lower()}")
