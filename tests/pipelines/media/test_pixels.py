"""Large pictures are made smaller before they are copied; deep colours are read in full up to a bound."""

import io
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from pipelines.media import picture_file
from pipelines.media.images import read_picture
from pipelines.media.pixels import smaller
from tests.world.pictures import builders as b


@pytest.mark.parametrize(
    ("mode", "dtype"), [("L", np.uint8), ("F", np.float32), ("I", np.int32), ("I;16", np.uint16)]
)
def test_smaller_pictures_are_averages(monkeypatch: pytest.MonkeyPatch, mode: str, dtype: Any) -> None:
    monkeypatch.setattr("pipelines.media.pixels.BAND_PIXELS", 64)
    values = np.add.outer(np.arange(60), np.arange(80)).astype(dtype)
    image = Image.fromarray(values)

    small = smaller(image, 60 * 80 // 4)

    assert (image.mode, small.mode, small.size) == (mode, mode, (40, 30))
    expected = cv2.resize(values.astype(np.float32), (40, 30), interpolation=cv2.INTER_AREA)
    assert np.abs(np.asarray(small).astype(np.float32) - expected).max() <= 1


@pytest.mark.parametrize("mode", ["P", "RGBA", "1"])
def test_what_cannot_be_averaged_stays(mode: str) -> None:
    image = Image.new(mode, (80, 60))

    assert smaller(image, 100) is image


def test_a_small_picture_stays() -> None:
    image = Image.new("RGB", (80, 60))

    assert smaller(image, 80 * 60) is image


def test_deep_colours_beyond_the_bound_lose_their_lower_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b.deep(0, 65_535, ".png")
    width, height = Image.open(io.BytesIO(data)).size
    monkeypatch.setattr(picture_file, "MOST_DEEP_BYTES", width * height * 3 * 2 - 1)

    picture = read_picture(data)

    assert picture.notes == [picture_file.UPPER_BITS]
    values: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.abs(picture.image_bgr.astype(int) - (values >> 8)).max() <= 1
