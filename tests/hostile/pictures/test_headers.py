"""Small files of very many parts, which Pillow goes through in Python while all other threads wait."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.errors import InvalidImage
from pipelines.media.decoding import decode_alone, size_alone
from pipelines.media.images import read_picture
from streaming.frame_validator import validate_jpeg
from tests.hostile.pictures.costly import (
    flat_png,
    jpeg_of_exif,
    jpeg_of_parts,
    png_of_chunks,
    tiff_of_pages,
)

# They took 2 to 60 s, and a busy machine adds some.
MOST_S = 0.5
SINGLE: dict[str, Callable[[], bytes]] = {
    "PNG of 400,000 chunks": lambda: png_of_chunks(400_000),
    "TIFF of 5,000 pages": lambda: tiff_of_pages(5_000),
    "JPEG of 4,000 JPEGs of 100,000 segments": lambda: jpeg_of_parts(4_000, 100_000),
    "JPEG of 400 JPEGs of 490 segments": lambda: jpeg_of_parts(400, 490),
}
LIVE: dict[str, Callable[[], bytes]] = {
    **{name: make for name, make in SINGLE.items() if name.startswith("JPEG")},
    "CMYK JPEG of 4,000 JPEGs": lambda: jpeg_of_parts(4_000, 100_000, "CMYK"),
    "EXIF data of 65,000 entries": lambda: jpeg_of_exif("RGB"),
    "EXIF data of 65,000 entries in a CMYK JPEG": lambda: jpeg_of_exif("CMYK"),
}
MAX_BYTES, MAX_PIXELS = 5 * 1024 * 1024, 25_000_000


def seconds_of(work: Callable[[], Any]) -> float:
    """The processor time of this thread, in which others get hardly any."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


@pytest.mark.parametrize("name", SINGLE)
def test_single_pictures_take_no_time_of_this_process(name: str) -> None:
    data = SINGLE[name]()

    assert seconds_of(lambda: size_alone(data)) < MOST_S
    assert seconds_of(lambda: decode_alone(data)) < MOST_S


@pytest.mark.parametrize("name", LIVE)
def test_live_frames_take_none_either(name: str) -> None:
    data = LIVE[name]()

    assert validate_jpeg(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS) == (64, 48)
    assert seconds_of(lambda: read_picture(data)) < MOST_S


@pytest.mark.parametrize(("width", "height"), [(25_000_000, 1), (1, 25_000_000), (65_536, 8)])
def test_a_picture_that_is_too_long_is_refused_by_its_header(width: int, height: int) -> None:
    """48 KB took 860 MB, which the server kept, and 4.6 s of a slot."""
    with pytest.raises(InvalidImage, match="too long"):
        size_alone(flat_png(width, height))
