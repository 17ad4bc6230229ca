"""Finds out how far a line of text is from level, and levels it.

A sheared crop suits readers better than a turned one: the letters of a slightly slanted line stay upright.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
# A crop less wide than so many heights shows too little of its line's direction.
LEAST_RATIO = 1.5
STEEPEST = 20
# OpenCV shears no picture that is longer, and no line of text is.
LONGEST = 32_000
# The slope is looked for on a small copy.
SMALL_HEIGHT, SMALL_WIDTH = 32, 160
# Letters gather in sharp rows when their line is level: by how much sharper they must get to be worth it.
LEAST_GAIN = 1.1
AIR = 1.15


def straightened(crop_bgr: Image) -> Image:
    """The crop with its line made level, without the corners that this leaves empty; most stay as is."""
    slope = slope_of(crop_bgr)
    return levelled(crop_bgr, slope) if slope else crop_bgr


def slope_of(crop_bgr: Image) -> float:
    """The pixels that the line falls for each pixel to the right; 0 where it is about level."""
    height, width = crop_bgr.shape[:2]
    if width < LEAST_RATIO * height or width > LONGEST:
        return 0.0
    edges = edges_of(crop_bgr)
    sharpness = {0: sharpness_at(edges, 0)}
    for step, reach in ((4, STEEPEST), (2, 2)):
        best = max(sharpness, key=sharpness.__getitem__)
        for degrees in range(best - reach, best + reach + 1, step):
            if degrees not in sharpness:
                sharpness[degrees] = sharpness_at(edges, degrees)
    best = max(sharpness, key=sharpness.__getitem__)
    return math.tan(math.radians(best)) if sharpness[best] > LEAST_GAIN * sharpness[0] else 0.0


def levelled(crop_bgr: Image, slope: float) -> Image:
    """The crop sheared by its slope, as high as its letters."""
    height, width = crop_bgr.shape[:2]
    level = sheared(crop_bgr, slope)
    letters = min(height, AIR * max(8.0, height - abs(slope) * width) + 2)
    top = int((height - letters) / 2)
    return level[top : max(top + 1, height - top)]


def edges_of(crop_bgr: Image) -> NDArray[np.float32]:
    """The strength of the edges at each place of a small copy of the crop."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(crop_bgr), cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    scale = min(1.0, SMALL_HEIGHT / height, SMALL_WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    across, down = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    return np.asarray(np.abs(across) + np.abs(down), np.float32)


def sharpness_at(edges: NDArray[np.float32], degrees: int) -> float:
    """A measure of how unevenly the edges lie over the rows when the crop is sheared by an angle."""
    rows = sheared(edges, math.tan(math.radians(degrees))).sum(axis=1)
    return float((rows**2).sum())


def sheared(picture: NDArray[Any], slope: float) -> NDArray[Any]:
    """The picture with its columns moved up in proportion to their distance from the middle."""
    import cv2

    height, width = picture.shape[:2]
    matrix = np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], np.float32)
    border = cv2.BORDER_REPLICATE if picture.ndim == 3 else cv2.BORDER_CONSTANT
    moved: NDArray[Any] = cv2.warpAffine(picture, matrix, (width, height), borderMode=border)
    return moved
