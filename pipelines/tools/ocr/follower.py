"""Follows boxes of text where no tool before does; its numbers stay inside."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection
from pipelines.tools.ocr.line_axes import sides_of
from pipelines.tools.yolo.tracker import Tracker, TrackerSettings

# Lines are so thin that a small move leaves no overlap: compare them with this much of their height around.
MARGIN = 0.5
MATCH, KEEP_FRAMES = 0.8, 30
SETTINGS = TrackerSettings(high=0.0, low=0.0, match=MATCH, keep_frames=KEEP_FRAMES)
GREY = 127
# How the picture moved is seen on a small one just as well, and from a few corners: there are four unknowns.
SMALLER, LONGEST_SIDE = 0.5, 480
CORNERS = 120


class Follower:
    """The lines of one live session.

    A sheet in a hand moves by half a line and more from one frame to the next, and then boxes alone say that
    each line became its neighbour. BoT-SORT first measures how the picture moved.
    """

    def __init__(self) -> None:
        self._tracker = Tracker("botsort", SETTINGS, shrink=1, corners=CORNERS)

    def keys(self, boxes: Sequence[Detection], image_bgr: NDArray[np.uint8]) -> list[int | None]:
        """A number for each box, the same one for as long as the line is seen; None where it is too new."""
        size_wh = image_bgr.shape[1], image_bgr.shape[0]
        numbers = self._tracker.update(
            [with_margin(box, size_wh) for box in boxes], text_alone(image_bgr, boxes)
        )
        return [numbers.get(place) for place in range(len(boxes))]


def with_margin(box: Detection, size_wh: tuple[int, int]) -> Detection:
    """A larger box; with the full score, because the detector's says nothing of where the line went."""
    width, height = size_wh
    # The hulls of slanted lines lie on their neighbours; made as large as the lines, they do so less.
    length, depth = sides_of(box, size_wh)
    smaller = min(1.0, math.sqrt(length * depth / max(box.w * width * box.h * height, 1e-9)))
    air = MARGIN * min(length, depth)
    w, h = box.w * smaller + 2 * air / width, box.h * smaller + 2 * air / height
    return replace(box, x=box.x + (box.w - w) / 2, y=box.y + (box.h - h) / 2, w=w, h=h, score=1.0)


def text_alone(image_bgr: NDArray[np.uint8], boxes: Sequence[Detection]) -> NDArray[np.uint8]:
    """A small grey picture of the boxes alone, HxWx1: how the wall behind a sheet moves is not asked."""
    import cv2

    height, width = image_bgr.shape[:2]
    scale = min(SMALLER, LONGEST_SIDE / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    grey = cv2.cvtColor(cv2.resize(image_bgr, size_wh), cv2.COLOR_BGR2GRAY)
    kept = np.full_like(grey, GREY)
    for box in boxes:
        left, top, right, bottom = (max(0, round(edge)) for edge in box.xyxy_pixels(size_wh))
        kept[top:bottom, left:right] = grey[top:bottom, left:right]
    return np.asarray(kept[:, :, None], np.uint8)
