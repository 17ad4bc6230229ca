"""Notices things that moved too far from one frame to the next to be followed; pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection

MOVED_TOO_FAR = (
    "Things moved farther than their own size from the frame before, too far to be followed: what is counted "
    "by tracks may be missing (a smaller frame stride, or more frames a second, helps)"
)
# Of two pictures of one thing none is more than so many times as large as the other.
MAX_GROWTH = 1.6
# In a crowd somebody leaves while another one comes: frames are too far apart where so many have jumped.
LEAST_SHARE = 0.5
# What comes into the picture, or leaves it, stands at its edge.
EDGE = 0.01
MOST_BOXES = 300
Numbers = NDArray[np.float64]


class JumpWatch:
    """Compares the boxes of each frame with those of the frame before."""

    def __init__(self) -> None:
        self._before: list[Detection] = []

    def update(self, boxes: Sequence[Detection]) -> bool:
        """True if at least half of what was seen on the frame before is seen on this one elsewhere only.

        Something is elsewhere where a box of its label and about its size overlaps none of those before, and
        no track connects both.
        """
        before, now = self._before, list(boxes)[:MOST_BOXES]
        self._before = now
        gone = unconnected(before, now)
        come = unconnected(now, before)
        jumped = sum(1 for box in gone if any(is_alike(box, other) for other in come))
        return 0 < jumped >= LEAST_SHARE * len(before)


def unconnected(boxes: Sequence[Detection], others: Sequence[Detection]) -> list[Detection]:
    """The boxes away from the edge that neither overlap another of their label nor share its track."""
    if not boxes or not others:
        return []
    tracks = {other.track_id for other in others if other.track_id is not None}
    meets = np.asarray(overlaps(boxes, others).any(axis=1))
    return [
        box
        for box, meets_one in zip(boxes, meets, strict=True)
        if not meets_one and box.track_id not in tracks and not is_at_edge(box)
    ]


def overlaps(boxes: Sequence[Detection], others: Sequence[Detection]) -> NDArray[np.bool_]:
    """For each box, by row, whether it meets each of the others, by column, and has its label."""
    left, top, right, bottom = edges(boxes)[:, :, None]
    other_left, other_top, other_right, other_bottom = edges(others)[:, None, :]
    meets = (left < other_right) & (other_left < right) & (top < other_bottom) & (other_top < bottom)
    labels = np.array([box.label for box in boxes])[:, None] == np.array([box.label for box in others])
    return np.asarray(meets & labels)


def edges(boxes: Sequence[Detection]) -> Numbers:
    """Left, top, right and bottom edges, 4xN in fractions of the frame."""
    return np.array([(box.x, box.y, box.x + box.w, box.y + box.h) for box in boxes], np.float64).T


def is_at_edge(box: Detection) -> bool:
    """True if it touches the edge of the frame."""
    return min(box.x, box.y, 1 - box.x - box.w, 1 - box.y - box.h) < EDGE


def is_alike(box: Detection, other: Detection) -> bool:
    """True if both may be the same thing."""
    return (
        box.label == other.label
        and 1 / MAX_GROWTH <= box.w / max(other.w, 1e-9) <= MAX_GROWTH
        and 1 / MAX_GROWTH <= box.h / max(other.h, 1e-9) <= MAX_GROWTH
    )
