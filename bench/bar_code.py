"""A number as black and white blocks along a picture's upper edge, which survive what a video codec does."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

BITS = 12
CHECK_BITS = 4
# A black and a white block come first: they tell how dark black is after the codec.
BLOCKS = 2 + BITS + CHECK_BITS
STRIP_PX = 32
NUMBERS = 2**BITS
BLACK, WHITE = 16, 235
# Below this difference the strip is grey: a picture that is not there yet, or one without a number.
LEAST_CONTRAST = 80


def draw(luma: Luma, number: int) -> None:
    """Write `number`, below `NUMBERS`, into the first rows of a picture's brightness (height x width)."""
    code = number << CHECK_BITS | checksum(number)
    bits = [0, 1] + [code >> place & 1 for place in reversed(range(BITS + CHECK_BITS))]
    edges = block_edges(luma.shape[1])
    for bit, (left, right) in zip(bits, pairwise(edges), strict=True):
        luma[:STRIP_PX, left:right] = WHITE if bit else BLACK


def read(luma: Luma, strip_px: int = STRIP_PX) -> int | None:
    """The number in the first `strip_px` rows, or None where no number can be read."""
    strip = luma[strip_px // 4 : strip_px * 3 // 4]
    edges = block_edges(strip.shape[1])
    levels = [float(middle(strip, left, right).mean()) for left, right in pairwise(edges)]
    black, white = levels[:2]
    if white - black < LEAST_CONTRAST:
        return None
    code = 0
    for level in levels[2:]:
        code = code << 1 | (level > (black + white) / 2)
    number = code >> CHECK_BITS
    return number if code & (2**CHECK_BITS - 1) == checksum(number) else None


def checksum(number: int) -> int:
    """Four bits that change with every bit of the number."""
    return (number ^ number >> 4 ^ number >> 8 ^ 0b1010) & 0b1111


def block_edges(width: int) -> list[int]:
    """The edges of the blocks, so that a picture that was made smaller reads alike."""
    return [round(width * place / BLOCKS) for place in range(BLOCKS + 1)]


def middle(strip: Luma, left: int, right: int) -> Luma:
    """The inner half of a block: its edges are where a codec blurs."""
    quarter = (right - left) // 4
    return strip[:, left + quarter : right - quarter]
