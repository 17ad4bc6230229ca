"""Pictures that come alone: small ones are decoded here, costly and unusual ones in another process."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipelines.errors import InvalidImage
from pipelines.media import decoding
from pipelines.media.decoding import decode_alone, is_cheap, size_alone
from tests.hostile.pictures.costly import flat_png, large_jpeg


def peak_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def test_small_pictures_and_plain_jpegs_are_cheap() -> None:
    assert is_cheap(flat_png(640, 480))
    assert is_cheap(large_jpeg(2500, 2000))
    assert is_cheap(b"no picture")


@pytest.mark.parametrize(
    "data",
    [flat_png(2500, 2000), large_jpeg(64, 48).replace(b"\xff\xd8", b"\xff\xd8" + b"\xff\xfe\0\x02" * 600, 1)],
)
def test_costly_and_unusual_pictures_are_decoded_beside_this_process(data: bytes) -> None:
    assert not is_cheap(data)
    assert decode_alone(data).image_bgr.shape[2] == 3


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_not_even_the_header_of_a_boxed_picture_is_opened_here(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(buffer, kind)

    def opened_here(*args: Any, **more: Any) -> None:
        pytest.fail("it was opened in this process")

    monkeypatch.setattr(Image, "open", opened_here)
    assert size_alone(buffer.getvalue()) == (64, 48)
    assert decode_alone(buffer.getvalue()).image_bgr.shape == (48, 64, 3)
    with pytest.raises(InvalidImage):
        size_alone(buffer.getvalue()[:40])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux tells it")
def test_a_small_file_with_many_pixels_takes_the_memory_of_its_pixels_only() -> None:
    """194 KB took 200 MB, and six at once 970 MB."""
    data = flat_png(5000, 5000, alpha=True)
    decode_alone(flat_png(2500, 2000))
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_mb()

    image_bgr = decode_alone(data).image_bgr

    assert image_bgr.nbytes == 75_000_000
    assert peak_mb() - before < 2 * 75 + 20


def test_what_costs_too_much_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MEMORY_MB", 20)
    with pytest.raises(InvalidImage, match="costs too much to be decoded: It needs more than 20 MB"):
        decode_alone(flat_png(5000, 5000))


def test_what_is_no_picture_is_refused_as_everywhere() -> None:
    with pytest.raises(InvalidImage, match="Not a picture that can be read"):
        decode_alone(b"no picture")
    cut = flat_png(2500, 2000)[:-2000]
    with pytest.raises(InvalidImage, match="Not a picture that can be read"):
        decode_alone(cut)


def test_a_picture_is_the_same_wherever_it_is_decoded() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (2100, 2000, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG", compress_level=1)

    assert np.array_equal(decode_alone(buffer.getvalue()).image_bgr, noise[:, :, ::-1])
