"""Finds boxes of words on the maps of EasyOCR's detector (CRAFT), as its authors do, in time for live frames.

https://github.com/clovaai/CRAFT-pytorch: letters and the links between them are joined into words.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.readers.easyocr.canvas import CELL

Map = NDArray[np.float32]
Quad = NDArray[np.float32]
# EasyOCR's own: what is a letter, what is a part of one, what is a link, and the fewest cells of a word.
SURE_TEXT, LOW_TEXT, LINK, LEAST_CELLS = 0.7, 0.4, 0.4, 10
# A picture of noise has thousands of spots that may be words; no page has more words than this.
MOST_WORDS = 1000
NEARLY_SQUARE = 0.1


def word_quads(letters: Map, links: Map) -> list[Quad]:
    """The corners (4, 2) of each word in pixels of the input, clockwise from the top left."""
    import cv2

    is_text, is_link = letters > LOW_TEXT, links > LINK
    joined = (is_text | is_link).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    quads = []
    for number in words_of(labels, stats[:count], letters):
        left, top, width, height, cells = (int(value) for value in stats[number])
        inside = labels[top : top + height, left : left + width] == number
        own = inside & is_text[top : top + height, left : left + width]
        quads.append(quad_around(own, (left, top), grown_by(cells, width, height), letters.shape) * CELL)
    return quads


def words_of(labels: NDArray[np.int32], stats: NDArray[np.int32], letters: Map) -> Iterator[int]:
    """The numbers of the spots that are large enough and surely have a letter; 0 is the ground."""
    peaks = np.zeros(len(stats), np.float32)
    np.maximum.at(peaks, labels.ravel(), letters.ravel())
    good = (stats[:, 4] >= LEAST_CELLS) & (peaks >= SURE_TEXT)
    good[0] = False
    yield from (int(number) for number in np.flatnonzero(good)[:MOST_WORDS])


def grown_by(cells: int, width: int, height: int) -> int:
    """The cells by which a word is grown, because the maps show the middle of letters."""
    return int(math.sqrt(cells * min(width, height) / (width * height)) * 2)


def quad_around(
    own: NDArray[np.bool_], corner_xy: tuple[int, int], growth: int, shape: tuple[int, ...]
) -> Quad:
    """The smallest turned rectangle around the cells of a word once they are grown, in cells of the map."""
    import cv2

    (left, top), air = corner_xy, growth + 1
    padded = np.pad(own.astype(np.uint8), air)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (1 + growth, 1 + growth))
    ys, xs = np.nonzero(cv2.dilate(padded, kernel))
    xs, ys = xs + (left - air), ys + (top - air)
    within = (xs >= 0) & (ys >= 0) & (xs < shape[1]) & (ys < shape[0])
    points = np.stack([xs[within], ys[within]], axis=1).astype(np.int32)
    quad = np.asarray(cv2.boxPoints(cv2.minAreaRect(cv2.convexHull(points))), np.float32)
    sides = np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[1] - quad[2])
    # A round spot has no direction.
    if abs(1 - max(sides) / (min(sides) + 1e-5)) <= NEARLY_SQUARE:
        (x1, y1), (x2, y2) = points.min(axis=0), points.max(axis=0)
        quad = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], np.float32)
    return np.roll(quad, -int(quad.sum(axis=1).argmin()), axis=0)
