"""Measures how far lines of text slope, by the edges of their letters."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

# Lines slope by more only if they are found by chance.
MOST_DEGREES = 13
# So many boxes tell it, the longest ones; each is looked at in so few columns.
MOST_BOXES = 6
MOST_COLUMNS = 160
# A box that is shorter than this, as a multiple of its height or in pixels, tells nothing.
SLIM, SHORTEST = 2.0, 24


def slope_of(image_bgr: Image, boxes_xyxy: Iterable[NDArray[np.float32]]) -> float | None:
    """Degrees by which the lines in these boxes slope, clockwise; None where no box is long enough to tell.

    The rows of a level line differ most: many edges between its upper and its lower end, none beyond them. So
    each box is sheared by all whole degrees, and the one that makes its rows differ most wins: the projection
    profile of Postl ("Detection of linear oblique structures and skew scan in digitized
    documents", 1986).
    """
    import cv2

    angles = np.arange(-MOST_DEGREES, MOST_DEGREES + 1)
    contrast = np.zeros(len(angles))
    longest = sorted(boxes_xyxy, key=lambda box: float(box[0] - box[2]))[:MOST_BOXES]
    for left, top, right, bottom in (map(int, box) for box in longest):
        width, height = right - left, bottom - top
        if width < max(SHORTEST, SLIM * height):
            continue
        around = max(2, height // 4)
        part = image_bgr[max(0, top - around) : bottom + around, max(0, left) : right]
        if part.size:
            contrast += contrasts(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), angles)
    return float(angles[contrast.argmax()]) if contrast.any() else None


def contrasts(grey: NDArray[np.generic], angles: NDArray[np.int64]) -> NDArray[np.float64]:
    """The differences among the rows of a picture that is sheared by each of the angles, in degrees."""
    import cv2

    scale = min(1.0, MOST_COLUMNS / grey.shape[1])
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    edges = np.abs(cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3))
    high, wide = edges.shape
    found = []
    for angle in angles:
        rise = math.tan(math.radians(float(angle)))
        shear = np.array([[1, 0, 0], [-rise, 1, rise * wide / 2]], np.float32)
        rows = cv2.warpAffine(edges, shear, (wide, high)).sum(axis=1, dtype=np.float64)
        found.append(float((rows**2).sum() / max(rows.sum() ** 2, 1e-9)) * wide)
    return np.array(found)
