"""Compares what a line looks like now with what it looked like when it was read.

Only where the picture of a line has changed can its text have changed. The comparison is made on small grey
pictures, block by block, because one digit of many is a small part of a line; each block may have moved a
little, because cameras and boxes do; and brightness and contrast of the whole line do not count.

The measure is the contrast and structure term of SSIM (Wang et al., 2004, doi:10.1109/TIP.2003.819861).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipelines.detections import Point, Polygon
from pipelines.engine.readers.text_reader import TALL, Image

Grey = NDArray[np.float32]
# Lines are compared at this height, in blocks of half of it that overlap by half.
HEIGHT, BLOCK, STEP = 16, 8, 4
# So much beside a line is looked at where its box reaches there now: a text may have become longer.
MARGIN = 16
# What is longer is compared in its middle only; no line of a webcam's frame is.
LONGEST = 48 * HEIGHT
# A line is looked for so far from its box, because boxes are unsteady; and a block so far from its line,
# because lines turn and come nearer.
REACH_X, REACH_Y, REACH_BLOCK = 14, 6, 3
# Where nothing moved, a block is looked for only so far away.
REACH_STILL = 1
# Noise of a camera where all is flat: in grey levels for a line, in squared contrast for a block.
FLAT_LINE, FLAT_BLOCK = 12.0, 0.15


@dataclass(frozen=True)
class Place:
    """The position of a line on a frame, in pixels and radians clockwise; `width` is its length."""

    centre: Point
    angle: float
    width: float
    height: float

    def seen_from(self, other: "Place") -> Point:
        """The offset of this line's centre from the other's, along the other line and across it."""
        x, y = self.centre[0] - other.centre[0], self.centre[1] - other.centre[1]
        cosine, sine = math.cos(other.angle), math.sin(other.angle)
        return x * cosine + y * sine, y * cosine - x * sine


@dataclass(frozen=True)
class LinePicture:
    """A line as it looked when it was read, with a margin at both ends.

    `grey` is `scale` times as large as the line is on the frame.
    """

    grey: Grey
    place: Place
    scale: float
    is_tall: bool

    @classmethod
    def of(cls, image_bgr: Image, corners: Polygon) -> "LinePicture":
        """Keep what is in a box of four corners; a line in a far higher than wide one runs up or down."""
        (x1, y1), (x2, y2), _, (x4, y4) = corners
        is_tall = math.dist((x1, y1), (x4, y4)) >= TALL * math.dist((x1, y1), (x2, y2))
        place = place_of(corners, is_tall)
        scale = HEIGHT / place.height
        # At least one block: a line that is less than two thirds as long as high is a tall one.
        width = min(round(place.width * scale), LONGEST) // STEP * STEP
        grey = sample(image_bgr, place, scale, (width + 2 * MARGIN, HEIGHT))
        return cls(normalised(grey, grey[:, MARGIN:-MARGIN]), place, scale, is_tall)

    def difference(self, image_bgr: Image, corners: Polygon, calm: float) -> float:
        """From 0, where a box shows the same, to about 1 and more; below `calm` exact enough."""
        place = place_of(corners, self.is_tall)
        moved_x, moved_y = (way * self.scale for way in place.seen_from(self.place))
        least = math.inf
        if abs(moved_x) < max(self.scale * place.width / 2, REACH_X) and abs(moved_y) < REACH_Y:
            still = sample(image_bgr, self.place, self.scale, self._size_wh(REACH_STILL))
            least = self._differs_most(still, REACH_STILL, moved_x, place)
        if least < calm:
            return least
        window, offset_x = self._found(image_bgr, place)
        return min(least, self._differs_most(window, REACH_BLOCK, offset_x, place))

    def _found(self, image_bgr: Image, place: Place) -> tuple[Grey, float]:
        """The likeness of the best match near a place, and how far right of it the place's centre lies."""
        import cv2

        width, height = self._size_wh(REACH_BLOCK)
        near = sample(image_bgr, place, self.scale, (width + 2 * REACH_X, height + 2 * REACH_Y))
        inner = near[REACH_BLOCK:-REACH_BLOCK, REACH_BLOCK + MARGIN : -REACH_BLOCK - MARGIN]
        likeness = cv2.matchTemplate(half(inner), half(self.grey[:, MARGIN:-MARGIN]), cv2.TM_CCOEFF_NORMED)
        _, _, _, (x, y) = cv2.minMaxLoc(likeness)
        return near[2 * y : 2 * y + height, 2 * x : 2 * x + width], REACH_X - 2 * x

    def _size_wh(self, reach: int) -> tuple[int, int]:
        """The size of the picture with so much around it."""
        return self.grey.shape[1] + 2 * reach, self.grey.shape[0] + 2 * reach

    def _differs_most(self, window: Grey, reach: int, offset_x: float, place: Place) -> float:
        """The difference of the block that differs most, of those within the box then or now.

        The centre of the box is now `offset_x` to the right of the line's.
        """
        inner = window[reach:-reach, reach + MARGIN : -reach - MARGIN]
        blocks = differences(self.grey, normalised(window, inner), reach).max(axis=0)
        middle = self.grey.shape[1] / 2
        then, now = self.scale * self.place.width / 2, self.scale * place.width / 2
        left, right = min(-then, offset_x - now), max(then, offset_x + now)
        first, last = (math.floor((middle + edge - BLOCK / 2) / STEP) for edge in (left, right))
        return float(blocks[max(first, 0) : last + 1].max())


def place_of(corners: Polygon, is_tall: bool) -> Place:
    """The place of a line that runs from the first corner to the second; where it is tall, to the fourth."""
    (x1, y1), second, (x3, y3), fourth = corners
    (along_x, along_y), side = (fourth, second) if is_tall else (second, fourth)
    width, height = math.dist((x1, y1), (along_x, along_y)), math.dist((x1, y1), side)
    centre = (x1 + x3) / 2, (y1 + y3) / 2
    return Place(centre, math.atan2(along_y - y1, along_x - x1), max(width, 1.0), max(height, 1.0))


def sample(image_bgr: Image, place: Place, scale: float, size_wh: tuple[int, int]) -> Grey:
    """A grey picture of a place and what is around it, levelled, `scale` times as large as on the frame."""
    import cv2

    cosine, sine = math.cos(place.angle) / scale, math.sin(place.angle) / scale
    (width, height), (x, y) = size_wh, place.centre
    reach_x = (width * abs(cosine) + height * abs(sine)) / 2
    reach_y = (width * abs(sine) + height * abs(cosine)) / 2
    x1, x2 = piece(x - reach_x, x + reach_x, image_bgr.shape[1])
    y1, y2 = piece(y - reach_y, y + reach_y, image_bgr.shape[0])
    grey = cv2.cvtColor(np.ascontiguousarray(image_bgr[y1:y2, x1:x2]), cv2.COLOR_BGR2GRAY)
    if (pixels := round(1 / scale)) > 1:
        grey = cv2.blur(grey, (pixels, pixels))
    # From the middle of a pixel of the small picture to the middle of one of the frame.
    right, down = (width - 1) / 2, (height - 1) / 2
    matrix = np.array(
        [
            [cosine, -sine, x - 0.5 - x1 - right * cosine + down * sine],
            [sine, cosine, y - 0.5 - y1 - right * sine - down * cosine],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    levelled = cv2.warpAffine(grey, matrix, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(levelled, np.float32)


def piece(start: float, end: float, limit: int) -> tuple[int, int]:
    """Whole pixels that hold a stretch and a little more, at least one of those from 0 to `limit`."""
    first = min(max(0, int(start) - 2), limit - 1)
    return first, max(first + 1, min(limit, int(end) + 3))


def half(grey: Grey) -> Grey:
    """The picture at half its size."""
    import cv2

    return np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def normalised(grey: Grey, line: Grey) -> Grey:
    """The picture with the mean 0 and the contrast 1 for the part of it that shows the line."""
    deviation = float(line.std()) + FLAT_LINE
    return np.asarray((grey - line.mean()) / np.float32(deviation), np.float32)


def differences(grey: Grey, window: Grey, reach: int) -> Grey:
    """The difference of each block from what is most like it within `reach`, by rows and columns of blocks.

    `window` is larger than `grey` by `reach` on each side.
    """
    height, width = grey.shape
    places = sliding_window_view(window, (height, width)).reshape(-1, height, width)
    (mean, variance), (means, variances) = moments(grey), moments(window)
    rows, columns = (height - BLOCK) // STEP + 1, (width - BLOCK) // STEP + 1
    means, variances = (at_places(each, (rows, columns), reach) for each in (means, variances))
    mean, variance = (each[::STEP, ::STEP][:rows, :columns] for each in (mean, variance))
    covariance = block_means(grey * places) - mean * means
    likeness = (2 * covariance + FLAT_BLOCK) / (variance + variances + FLAT_BLOCK)
    return np.asarray(1 - likeness.max(axis=0), np.float32)


def moments(grey: Grey) -> tuple[Grey, Grey]:
    """Mean and variance of the block that begins at each pixel."""
    import cv2

    options: Any = {"ksize": (BLOCK, BLOCK), "anchor": (0, 0), "borderType": cv2.BORDER_REPLICATE}
    mean = np.asarray(cv2.boxFilter(grey, -1, **options), np.float32)
    return mean, np.asarray(cv2.sqrBoxFilter(grey, -1, **options) - mean**2, np.float32)


def at_places(values: Grey, blocks: tuple[int, int], reach: int) -> Grey:
    """The values for all blocks, at each of the places to which a picture can move within its window."""
    rows, columns = blocks
    windows = sliding_window_view(values, (STEP * (rows - 1) + 1, STEP * (columns - 1) + 1))
    side = 2 * reach + 1
    return windows[:side, :side, ::STEP, ::STEP].reshape(side * side, rows, columns)


def block_means(pictures: Grey) -> Grey:
    """The mean of each block of several pictures, by picture, row and column of blocks."""
    count, height, width = pictures.shape
    steps = pictures.reshape(count, height // STEP, STEP, width // STEP, STEP).mean(axis=(2, 4))
    pairs = steps[:, :-1] + steps[:, 1:]
    return np.asarray((pairs[:, :, :-1] + pairs[:, :, 1:]) / 4, np.float32)
