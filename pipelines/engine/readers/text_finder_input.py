"""Lays a frame into the input of RapidOCR's detector of text, and boxes back onto the frame.

Up to 4 times as long as wide, a frame comes as RapidOCR itself would give it. RapidOCR makes the shorter side
736 pixels long whatever the other one becomes, so a frame of 3x2000 pixels, which is a file of 127 bytes,
would get an input of 736x490,000.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
LONGEST, SHORTEST = 2000, 30
# What is longer than so many times its other side is padded to that.
SLIM = 4
# A tiny frame is enlarged, but not to more than this.
ENLARGED = 3000
# RapidOCR's own: the shorter side of the input, and the step of both sides.
SIDE, STEP = 736, 32
# The most pixels of an input, 2000x1500 and half a step more, which take 0.4 GB of memory. What is about as
# high as wide would have more, and is read in two halves.
MAX_INPUT_PIXELS = 2016 * 1520


@dataclass(frozen=True)
class TextFinderInput:
    """The picture for the detector, and what was done to the frame: scaled on both axes, then padded."""

    picture: Image
    scale_xy: tuple[float, float]
    corner_xy: tuple[int, int]

    @classmethod
    def of(cls, image_bgr: Image) -> "TextFinderInput":
        """A frame, which is at most LONGEST pixels long where it is slim."""
        import cv2

        height, width = image_bgr.shape[:2]
        scale = scale_of(height, width)
        picture = image_bgr
        if scale != 1:
            size_wh = (whole_steps(width * scale), whole_steps(height * scale))
            picture = np.asarray(cv2.resize(image_bgr, size_wh), np.uint8)
        high, wide = picture.shape[:2]
        top, left = padding(high, wide), padding(wide, high) if high > SLIM * wide else 0
        padded = cv2.copyMakeBorder(picture, top, top, left, left, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        return cls(np.asarray(padded, np.uint8), (wide / width, high / height), (left, top))

    def back(self, quads: NDArray[Any]) -> NDArray[Any]:
        """Corners (n, 4, 2) on the picture as corners on the frame, cut at its edges."""
        (wide, high), (left, top) = self.picture.shape[1::-1], self.corner_xy
        size = (wide - 2 * left, high - 2 * top)
        inside = np.clip(quads - np.array(self.corner_xy), 0, size)
        return np.asarray(inside / np.array(self.scale_xy))


def scale_of(height: int, width: int) -> float:
    """The factor by which a frame is scaled before it is padded."""
    if max(height, width) > LONGEST:
        return LONGEST / max(height, width)
    if min(height, width) < SHORTEST:
        return min(SHORTEST / min(height, width), ENLARGED / max(height, width))
    return 1.0


def whole_steps(side: float) -> int:
    """A side of whole steps, at least one."""
    return max(STEP, round(int(side) / STEP) * STEP)


def padding(side: int, other: int) -> int:
    """The pixels that are added at both ends of a side: 0 unless it is far too short."""
    if side > SHORTEST and other <= SLIM * side:
        return 0
    return abs(max(other // SLIM, 2 * SHORTEST) - side) // 2


def normalised(picture: Image, mean: float, deviation: float) -> NDArray[np.float32]:
    """The detector's input (1, 3, height, width), as RapidOCR makes it, but without its large copies."""
    import cv2

    height, width = picture.shape[:2]
    scale = max(1.0, SIDE / min(height, width))
    size_wh = (whole_steps(width * scale), whole_steps(height * scale))
    numbers = np.arange(256, dtype=np.float32) * (1 / 255.0)
    table = ((numbers - np.float64(mean)) / np.float64(deviation)).astype(np.float32)
    resized = np.ascontiguousarray(cv2.resize(picture, size_wh).transpose(2, 0, 1))
    return np.asarray(table[resized][None], np.float32)
