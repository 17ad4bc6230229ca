"""Numbers in pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import bar_code
from pipelines.media.images import decode_jpeg, encode_jpeg

numbers = st.integers(0, bar_code.NUMBERS - 1)


def picture(number: int) -> bar_code.Luma:
    luma = np.full((480, 640), 90, np.uint8)
    bar_code.draw(luma, number)
    return luma


@given(number=numbers)
def test_every_number_is_read_as_it_was_drawn(number: int) -> None:
    assert bar_code.read(picture(number)) == number


@given(number=numbers, seed=st.integers(0, 1000))
def test_what_a_codec_does_to_pixels_does_no_harm(number: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(-40, 40, (480, 640))
    spoilt = np.clip(picture(number) + noise, 0, 255).astype(np.uint8)
    image_bgr = decode_jpeg(encode_jpeg(np.repeat(spoilt[..., None], 3, axis=2), 20))
    assert bar_code.read(image_bgr[..., 1]) == number


def test_a_picture_that_was_made_smaller_reads_alike() -> None:
    assert bar_code.read(picture(2025)[::2, ::2], bar_code.STRIP_PX // 2) == 2025


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_plain_picture_has_no_number(level: int) -> None:
    assert bar_code.read(np.full((480, 640), level, np.uint8)) is None


@given(number=numbers, block=st.integers(2, bar_code.BLOCKS - 1))
def test_a_block_that_was_lost_is_noticed(number: int, block: int) -> None:
    luma = picture(number)
    edges = bar_code.block_edges(640)
    lost = luma[:, edges[block] : edges[block + 1]]
    lost[: bar_code.STRIP_PX] = 255 - lost[: bar_code.STRIP_PX]
    assert bar_code.read(luma) is None
