"""Joins the words that EasyOCR's detector finds into lines, level ones and slanted ones."""

from collections.abc import Sequence

import numpy as np

from pipelines.engine.readers.easyocr.text_boxes import Quad
from pipelines.engine.readers.text_reader import Image, PixelBox

# EasyOCR's own: how far words of one line may differ, and the air around a line.
JOINING = {"slope_ths": 0.1, "ycenter_ths": 0.5, "height_ths": 0.5, "width_ths": 0.5, "add_margin": 0.1}
# A line whose longer side has no more pixels is left out; one whose shorter side has fewer shows no letter.
SHORTEST, LEAST_LETTER = 20, 5


def joined_words(words: Sequence[Quad], size_wh: tuple[int, int]) -> tuple[list[PixelBox], list[Quad]]:
    """The upright boxes of level lines, and the corners of slanted ones, of words (4, 2), all in pixels."""
    from easyocr.utils import group_text_box

    if not words:
        return [], []
    level, slanted = group_text_box([word.astype(np.int32).ravel() for word in words], **JOINING)
    width, height = size_wh
    boxes = [
        (max(0, int(x1)), max(0, int(y1)), min(int(x2), width), min(int(y2), height))
        for x1, x2, y1, y2 in level
    ]
    quads = [np.array(quad, np.float32) for quad in slanted]
    return [box for box in boxes if is_line(sides_of_box(box))], [
        quad for quad in quads if is_line(sides_of_quad(quad))
    ]


def is_line(sides: tuple[float, float]) -> bool:
    """True if a box of these sides may hold text."""
    return max(sides) > SHORTEST and min(sides) >= LEAST_LETTER


def sides_of_box(box: PixelBox) -> tuple[float, float]:
    """Width and height."""
    x1, y1, x2, y2 = box
    return x2 - x1, y2 - y1


def sides_of_quad(quad: Quad) -> tuple[float, float]:
    """The longer of each pair of opposite sides: width and height of what is level."""
    top, right, bottom, left = (float(np.linalg.norm(quad[place] - quad[place - 3])) for place in range(4))
    return max(top, bottom), max(right, left)


def levelled_quad(image_bgr: Image, quad: Quad) -> Image:
    """Warp the part of a picture within four corners, clockwise from the line's top left, to a level one."""
    import cv2

    width, height = (max(1, int(side)) for side in sides_of_quad(quad))
    target = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    warped = cv2.warpPerspective(image_bgr, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)
