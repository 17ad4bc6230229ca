"""Looks closer at frames that are full of small boxes, such as pages of small print."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.nms import FoundBoxes

# So many boxes, half of which are less than so many pixels high in the usual input, make a frame dense.
MANY, SMALL = 20, 16.0
# An input that is only so much larger shows no more.
LARGER = 1.25

# Finds boxes on one frame with the longer side of the network's input at so many pixels.
Look = Callable[[int], FoundBoxes]


class CloserLook:
    """The second look of one session: at `closer` pixels on the longer side, or none without it.

    With `keeps` the frames after a dense one are looked at closely at once, until one is dense no longer.
    """

    def __init__(self, closer: int | None, *, keeps: bool) -> None:
        self._closer = closer
        self._keeps = keeps
        self._was_dense = False

    def find(self, look: Look, frame_hw: tuple[int, int], imgsz: int) -> FoundBoxes:
        """The boxes of a frame, at `imgsz` where it is not dense."""
        closer = min(self._closer or 0, max(frame_hw))
        if closer < LARGER * imgsz:
            return look(imgsz)
        side = closer if self._was_dense and self._keeps else imgsz
        found = look(side)
        self._was_dense = is_dense(found.boxes_xyxy, frame_hw, imgsz)
        return look(closer) if self._was_dense and side != closer else found


def is_dense(boxes_xyxy: NDArray[np.float32], frame_hw: tuple[int, int], imgsz: int) -> bool:
    """True if there are MANY boxes on a frame, half of them smaller than SMALL at `imgsz`."""
    if len(boxes_xyxy) < MANY:
        return False
    sides = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).min(axis=1)
    return float(np.median(sides)) * imgsz / max(frame_hw) < SMALL
