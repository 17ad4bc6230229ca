"""The interface of text readers, whichever library they are made of."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection, Point
from pipelines.engine.readers.calibration import Calibration

Image = NDArray[np.uint8]
PixelBox = tuple[int, int, int, int]
Corners = tuple[Point, Point, Point, Point]
# A box so much higher than wide may hold a line that runs up or down, or one narrow letter.
TALL = 1.5
# One that is higher still holds no single letter.
VERY_TALL = 3.0


@dataclass(frozen=True)
class Reading:
    """The text of one box, empty where none was read, and how sure the reader is, from 0 to 1."""

    text: str
    score: float


NOTHING = Reading("", 0.0)


@dataclass(frozen=True)
class FoundText:
    """A line that the reader has found by itself: its box, the detector's score, and the reading.

    `corners` are four points in pixels, clockwise from the text's own upper left.
    """

    corners: Corners
    score: float
    reading: Reading


class TextReader(Protocol):
    """Reads text on BGR frames of HxWx3; for one thread at a time."""

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """One reading for each box, all boxes in one call; boxes lie within the picture."""
        ...

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """Every line on the frame."""
        ...


class Readers(Protocol):
    """A reader that several sessions share."""

    def borrow(self) -> AbstractContextManager[TextReader]:
        """Hold it for the body; waits while another thread holds it."""
        ...


def padded_box(box: Detection, size_wh: tuple[int, int], margins: Calibration) -> PixelBox:
    """The pixels to read: a little more than the box, within the picture, and at least one pixel."""
    left, top, right, bottom = box.xyxy_pixels(size_wh)
    width, height = right - left, bottom - top
    before, after, across = (max(1.0, share * min(width, height)) for share in margins.paddings)
    if width >= height:
        x1, y1, x2, y2 = left - before, top - across, right + after, bottom + across
    else:
        # It may run up or down.
        x1, y1, x2, y2 = left - across, top - after, right + across, bottom + after
    (left, right), (top, bottom) = clipped(x1, x2, size_wh[0]), clipped(y1, y2, size_wh[1])
    return left, top, right, bottom


def clipped(low: float, high: float, limit: int) -> tuple[int, int]:
    """Whole pixels from `low` to `high` within 0 to `limit`, at least one."""
    first = min(max(int(low), 0), limit - 1)
    return first, max(first + 1, min(round(high), limit))


def corners_from(points: Sequence[Sequence[float]], first: int = 0) -> Corners:
    """Four points as corners, which begin with one of them."""
    one, two, three, four = ((float(x), float(y)) for x, y in (*points[first:], *points[:first]))
    return one, two, three, four


def quarter_turns(box: PixelBox) -> tuple[int, ...]:
    """The numbers of counter-clockwise quarter turns after which the box may be readable."""
    x1, y1, x2, y2 = box
    ratio = (y2 - y1) / (x2 - x1)
    if ratio < TALL:
        return (0,)
    return (1, 3) if ratio >= VERY_TALL else (0, 1, 3)


def best_of(readings: Sequence[tuple[int, Reading]], count: int) -> list[Reading]:
    """For each of `count` boxes the best of its readings, which come with the number of their box."""
    best = [NOTHING] * count
    for number, reading in readings:
        if reading.score > best[number].score:
            best[number] = reading
    return best


def joined(readings: Sequence[Reading]) -> Reading:
    """One reading of a line that was read in pieces; its score is the mean of those with text."""
    if len(readings) == 1:
        return readings[0]
    parts = [reading for reading in readings if reading.text]
    if not parts:
        return NOTHING
    return Reading(" ".join(part.text for part in parts), sum(part.score for part in parts) / len(parts))
