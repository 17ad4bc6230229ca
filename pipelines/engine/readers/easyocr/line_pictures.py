"""Grey pictures of lines and words as EasyOCR's recognisers take them."""

import math

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.readers.text_reader import Image

# A picture (height, width) that is as high as the recogniser's input.
Line = NDArray[np.uint8]
# A longer line is read in pieces of at most so many times its height.
MOST_HEIGHTS = 100
# Widths in heights: lines are padded to one of them, so that the network is soon prepared for all.
USUAL_WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24)
WIDTHS = (*USUAL_WIDTHS, 28, 32, 40, 50, 64, 80, MOST_HEIGHTS)
# The grey that is zero to the network.
MIDDLE = 127.5
# Words are read one by one where so many heights between them are calm, each with so much air at its ends.
GAP, AIR = 0.35, 0.15
# A column is calm whose pixels differ by no more than this, from the calmest ones to the liveliest.
CALM = 0.4
# A line of fewer heights is one word.
ONE_WORD = 2


def to_line(crop: Image, height: int) -> Line:
    """The crop in grey, as high as the recogniser's input."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_BGR2GRAY)
    width = min(max(1, math.ceil(crop.shape[1] * height / crop.shape[0])), MOST_HEIGHTS * height)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def padded(line: Line) -> Line:
    """The line with its last column repeated up to one of the widths."""
    height, longest = line.shape
    width = next(heights for heights in WIDTHS if heights * height >= longest) * height
    return np.pad(line, ((0, 0), (0, width - longest)), mode="edge")


def words_of_line(line: Line) -> list[Line]:
    """The line in pieces where its words stand far apart, without what is calm at both ends."""
    height, width = line.shape
    if width < ONE_WORD * height:
        return [line]
    gap, air = int(GAP * height), int(AIR * height)
    calm = calm_columns(line)
    start, end, cuts = 0, width, []
    for first, after in calm:
        if first == 0:
            start = max(0, after - air)
        elif after == width:
            end = min(width, first + air)
        elif after - first >= gap:
            cuts += [first + air, after - air]
    places = [start, *cuts, end]
    words = [line[:, left:right] for left, right in zip(places[::2], places[1::2], strict=True)]
    return [word for word in words if word.shape[1] > air] or [line]


def begins_calm(crop: Image) -> bool:
    """True if no letter touches the left edge of the crop of a level line."""
    calm = calm_columns(to_line(crop, crop.shape[0]))
    return bool(calm) and calm[0][0] == 0


def calm_columns(line: Line) -> list[tuple[int, int]]:
    """The runs of columns without a letter; what looks over the upper and lower edge does not count."""
    import cv2

    edge = line.shape[0] // 8
    middle = cv2.blur(line, (3, 3))[edge : line.shape[0] - edge].astype(np.int16)
    change = middle.max(axis=0) - middle.min(axis=0)
    least, most = np.percentile(change, (5, 90))
    calm = change < least + CALM * (most - least)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], calm, [False]]).astype(np.int8)))
    return [(int(first), int(after)) for first, after in zip(edges[::2], edges[1::2], strict=True)]


def narrowed(line: Line) -> Line:
    """The line with narrower letters."""
    import cv2

    size = max(1, round(0.85 * line.shape[1])), line.shape[0]
    return np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA), np.uint8)


def enlarged(line: Line) -> Line:
    """The line with larger letters, and less above and below them."""
    import cv2

    height, width = line.shape
    edge = round(0.06 * height)
    inner = line[edge : height - edge]
    size = min(MOST_HEIGHTS * height, round(width * height / inner.shape[0])), height
    return np.asarray(cv2.resize(inner, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def stretched(line: Line) -> Line:
    """The line with more contrast."""
    high, low = (float(level) for level in np.percentile(line, (90, 10)))
    levels = (line - low) * (200 / max(10.0, high - low)) + 25
    return np.asarray(np.clip(levels, 0, 255), np.uint8)
