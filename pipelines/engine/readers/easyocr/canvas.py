"""Lays a frame onto one of a fixed set of canvases, so that the detector is soon prepared for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Maps = NDArray[np.float32]
# Height and width: of cameras and screens lying and standing, of prints, and of strips of text.
STEP = 32
SHAPES_HW = (
    *((320, 416), (384, 640), (480, 640), (640, 640), (544, 960), (736, 1280), (832, 1120), (960, 960)),
    *((96, 640), (192, 640), (256, 1280), (448, 1280), (192, 2560), (352, 2560)),
)
CANVASES_HW = tuple(sorted({*SHAPES_HW, *((width, height) for height, width in SHAPES_HW)}, key=np.prod))
LONGEST = max(max(canvas) for canvas in CANVASES_HW)
# The detector takes about 780 bytes of memory for each pixel that it sees at once.
MOST_PIXELS = 1280 * 448
# Both parts of a larger canvas reach so far over its middle, in whole steps of the detector's coarsest layer.
OVERLAP = 112
# One cell of the maps is so many pixels of the canvas.
CELL = 2


@dataclass(frozen=True)
class Canvas:
    """The detector's input (1, height, width, 3), and the scale of the frame in its left upper corner."""

    picture: Image
    scale: float

    @classmethod
    def of(cls, image_bgr: Image) -> Self:
        """The smallest canvas that the frame fits onto, else the one that shows it largest."""
        import cv2

        height, width = image_bgr.shape[:2]
        scale, (high, wide) = best_canvas(height, width)
        if scale < 1:
            size_wh = (max(1, int(width * scale)), max(1, int(height * scale)))
            image_bgr = np.asarray(cv2.resize(image_bgr, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        picture = np.zeros((1, high, wide, 3), np.uint8)
        picture[0, : image_bgr.shape[0], : image_bgr.shape[1]] = image_bgr
        return cls(picture, scale)


def best_canvas(height: int, width: int) -> tuple[float, tuple[int, int]]:
    """The scale of a frame on its canvas, at most 1, and the canvas' height and width."""
    scaled = [(min(1.0, high / height, wide / width), (high, wide)) for high, wide in CANVASES_HW]
    return max(scaled, key=lambda canvas: canvas[0])


def maps_of(picture: Image, find: Callable[[Image], Maps]) -> Maps:
    """The maps (height / 2, width / 2, 2) that `find` gives of a canvas.

    It sees a canvas of more than MOST_PIXELS in two parts. They overlap, so that what lies in the middle is
    seen with what is around it.
    """
    _, height, width, _ = picture.shape
    if height * width <= MOST_PIXELS:
        return find(picture)
    axis = 1 if height > width else 2
    length = picture.shape[axis]
    half = length // 2
    first = find(picture.take(range(half + OVERLAP), axis)).take(range(half // CELL), axis - 1)
    second = find(picture.take(range(half - OVERLAP, length), axis))
    kept = range(OVERLAP // CELL, second.shape[axis - 1])
    return np.concatenate([first, second.take(kept, axis - 1)], axis - 1)
