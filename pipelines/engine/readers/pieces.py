"""Cuts what is too long for a reader into pieces, where the picture is calm: between words or lines."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.readers.text_reader import Corners, corners_from

Image = NDArray[np.uint8]
# A cut is looked for in the last part of each piece.
SEARCH = 0.2
# A column is calm where it changes by so much of the range of all changes at most.
CALM = 0.05
# A frame that is so many times as long as wide is slim; it is cut into so many pieces at most.
SLIM, MOST_PIECES = 8, 8
# A half is so much of the whole at most: the cut is looked for from 0.45 to 0.55.
HALF = 0.55


@dataclass(frozen=True)
class Piece:
    """A part of a frame: its picture, where its corner lies, and by how much the frame was made smaller."""

    image_bgr: Image
    corner_xy: tuple[int, int]
    scale: float

    def back(self, corners: Corners) -> Corners:
        """Corners on the piece as corners on the frame."""
        left, top = self.corner_xy
        return corners_from([((x + left) / self.scale, (y + top) / self.scale) for x, y in corners])


def pieces_of_frame(image_bgr: Image, longest: int, most_pixels: float = math.inf) -> Iterator[Piece]:
    """A slim frame in pieces of at most `longest` pixels; any other one as it is, or as two halves.

    The halves are for a frame that has more than `most_pixels` once its longer side is `longest`.
    """
    import cv2

    height, width = image_bgr.shape[:2]
    long, short = max(height, width), min(height, width)
    fits = long <= max(longest, SLIM * short)
    if fits and min(1.0, longest / long) ** 2 * height * width <= most_pixels:
        yield Piece(image_bgr, (0, 0), 1.0)
        return
    scale = 1.0 if fits else min(1.0, MOST_PIECES * longest * (1 - SEARCH) / long)
    if scale < 1:
        size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        image_bgr = np.asarray(cv2.resize(image_bgr, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    pieces = rows_of(image_bgr, math.ceil(height * HALF)) if fits else pieces_of(image_bgr, longest)
    for left, top, piece in pieces:
        yield Piece(piece, (left, top), scale)


def pieces_of(image_bgr: Image, longest: int) -> Iterator[tuple[int, int, Image]]:
    """Pieces of at most `longest` pixels along the longer side, with the left upper corner of each.

    The picture itself where it is not longer.
    """
    height, width = image_bgr.shape[:2]
    if max(height, width) <= longest:
        yield 0, 0, image_bgr
    elif width >= height:
        for start, end in spans(image_bgr, longest):
            yield start, 0, image_bgr[:, start:end]
    else:
        yield from rows_of(image_bgr, longest)


def rows_of(image_bgr: Image, longest: int) -> Iterator[tuple[int, int, Image]]:
    """Pieces of at most so many rows, each as wide as the picture."""
    for start, end in spans(image_bgr.transpose(1, 0, 2), longest):
        yield 0, start, image_bgr[start:end]


def spans(image_bgr: Image, longest: int) -> Iterator[tuple[int, int]]:
    """Ranges of columns, one after the other, that end where a column differs little from the one before."""
    width, start = image_bgr.shape[1], 0
    while width - start > longest:
        end = start + longest
        first = end - max(1, int(longest * SEARCH))
        start, before = calmest(image_bgr[:, first - 1 : end]) + first, start
        yield before, start
    yield start, width


def calmest(columns: Image) -> int:
    """The middle of the longest run of columns that differ little from their neighbour to the left.

    Counted from the second column on, as 0. Gaps between words and lines are longer than those in letters.
    """
    changes = np.abs(np.diff(columns.astype(np.int16), axis=1)).sum(axis=(0, 2))
    calm = changes <= changes.min() + CALM * (changes.max() - changes.min())
    edges = np.flatnonzero(np.diff(np.concatenate([[False], calm, [False]])))
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return int(starts[longest] + ends[longest]) // 2
