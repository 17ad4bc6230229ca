"""The pictures that clients send, made before the start: whoever measures has no time for pixels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from loadtest.plan import BadPlan, LoadPlan
from pipelines.errors import InvalidImage, InvalidVideo
from pipelines.media.images import decode_image, encode_jpeg, letterbox
from pipelines.media.video import VideoReader

Picture = NDArray[np.uint8]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
WORDS = ("NO ENTRY", "Mind the step", "Open 9 to 17", "Platform 4")
GENERATED = 24
PAPER, INK = (236, 238, 240), (30, 26, 24)


def load_frames(plan: LoadPlan) -> list[bytes]:
    """The JPEG files that the plan asks for, each of its size; raises BadPlan."""
    try:
        pictures = list(_pictures(plan))
    except (InvalidImage, InvalidVideo, OSError) as error:
        raise BadPlan(getattr(error, "detail", str(error))) from error
    if not pictures:
        raise BadPlan(f"There are no pictures in {plan.source}")
    return [encode_jpeg(letterbox(picture, plan.size_wh), plan.quality) for picture in pictures]


def _pictures(plan: LoadPlan) -> Iterator[Picture]:
    if plan.source is None:
        yield from (page(shift) for shift in range(GENERATED))
        return
    path = Path(plan.source)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURES)
        yield from (decode_image(file.read_bytes()) for file in files[: plan.max_frames])
    elif path.suffix.lower() in PICTURES:
        yield decode_image(path.read_bytes())
    elif path.is_file():
        with VideoReader(path) as video:
            yield from (frame.image_bgr for frame in video.frames(max_frames=plan.max_frames))
    else:
        raise BadPlan(f"There is no file {path}")


def page(shift: int) -> Picture:
    """A printed page that lies a little further to the right in each picture, and comes back."""
    sheet = Image.new("RGB", (640, 480), PAPER)
    pen: Any = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(44)
    left = 40 + 4 * min(shift, GENERATED - shift)
    for row, words in enumerate(WORDS):
        pen.text((left, 40 + 105 * row), words, INK, font)
    return np.ascontiguousarray(np.asarray(sheet)[:, :, ::-1])
