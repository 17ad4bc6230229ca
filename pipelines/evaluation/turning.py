"""Turns pictures, to see how a pipeline does with what is not level."""

import math

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
GREY = 114


def turned(image_bgr: Image, degrees: float) -> Image:
    """The whole picture turned clockwise, on grey; quarter turns change no pixel."""
    import cv2

    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(image_bgr, -round(degrees / 90)))
    height, width = image_bgr.shape[:2]
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    wide = math.ceil(abs(width * cosine) + abs(height * sine))
    high = math.ceil(abs(width * sine) + abs(height * cosine))
    matrix = np.array([[cosine, -sine, 0], [sine, cosine, 0]])
    middle = np.array([width / 2, height / 2])
    matrix[:, 2] = np.array([wide / 2, high / 2]) - matrix[:, :2] @ middle
    picture = cv2.warpAffine(image_bgr, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderValue=(GREY,) * 3)
    return np.asarray(picture, np.uint8)
