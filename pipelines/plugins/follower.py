"""Follows boxes of text where no tool before does; its numbers stay inside."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection
from pipelines.plugins.tracking import Tracker, TrackerSettings

# Lines are so thin that a small move leaves no overlap: compare them with this much of their height around.
MARGIN = 0.5
SETTINGS = TrackerSettings(high=0.0, low=0.0, match=0.8, keep_frames=30)
GREY = 127


class Follower:
    """The lines of one live session.

    A sheet in a hand moves by half a line and more from one frame to the next, and then boxes alone say that
    each line became its neighbour. BoT-SORT first measures how the picture moved.
    """

    def __init__(self) -> None:
        self._tracker = Tracker("botsort", SETTINGS)

    def keys(self, boxes: Sequence[Detection], image_bgr: NDArray[np.uint8]) -> list[int | None]:
        """A number for each box, the same one for as long as the line is seen; None where it is too new."""
        size_wh = image_bgr.shape[1], image_bgr.shape[0]
        numbers = self._tracker.update(
            [with_margin(box, size_wh) for box in boxes], only_boxes(image_bgr, boxes), size_wh
        )
        return [numbers.get(place) for place in range(len(boxes))]


def with_margin(box: Detection, size_wh: tuple[int, int]) -> Detection:
    """A larger box; with the full score, because the detector's says nothing of where the line went."""
    width, height = size_wh
    air = MARGIN * min(box.w * width, box.h * height)
    x_air, y_air = air / width, air / height
    return replace(box, x=box.x - x_air, y=box.y - y_air, w=box.w + 2 * x_air, h=box.h + 2 * y_air, score=1.0)


def only_boxes(image_bgr: NDArray[np.uint8], boxes: Sequence[Detection]) -> NDArray[np.uint8]:
    """The picture without what is around the boxes: how the wall behind a sheet moves is not asked."""
    size_wh = image_bgr.shape[1], image_bgr.shape[0]
    kept = np.full_like(image_bgr, GREY)
    for box in boxes:
        left, top, right, bottom = (max(0, round(edge)) for edge in box.xyxy_pixels(size_wh))
        kept[top:bottom, left:right] = image_bgr[top:bottom, left:right]
    return kept
