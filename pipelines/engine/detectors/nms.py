"""What every detection network offers, whatever runs it, and non-maximum suppression (NMS)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FoundBoxes:
    """What a network found on one frame: pixel corners Nx4, scores N and class numbers N, best first."""

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]


class BoxNetwork(Protocol):
    """One loaded network, for one thread at a time; `fixed_size_hw` is None where it takes any size."""

    names: dict[int, str]
    backend: str
    fixed_size_hw: tuple[int, int] | None

    def find(
        self,
        image_bgr: NDArray[np.uint8],
        imgsz: int,
        conf: float,
        iou: float,
        max_det: int,
        classes: Sequence[int] | None = None,
    ) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3; a network of fixed size uses that whatever `imgsz` says."""
        ...


def best_boxes(
    rows: NDArray[np.float32], conf: float, iou: float, max_det: int, classes: Sequence[int] | None = None
) -> FoundBoxes:
    """The best of a network's rows (4 + classes, n): centre, size, and a score for each class."""
    scores = rows[4:].max(axis=0)
    kept = np.flatnonzero(scores > conf)
    numbers = rows[4:, kept].argmax(axis=0)
    if classes is not None:
        wanted = np.isin(numbers, classes)
        kept, numbers = kept[wanted], numbers[wanted]
    centres, sizes = rows[:2, kept].T, rows[2:4, kept].T
    return nms(centres, sizes, scores[kept], numbers, conf, iou, max_det)


def nms(
    centres: NDArray[np.float32],
    sizes: NDArray[np.float32],
    scores: NDArray[np.float32],
    numbers: NDArray[np.int64],
    conf: float,
    iou: float,
    max_det: int,
) -> FoundBoxes:
    """Non-maximum suppression by class: of boxes that overlap more than `iou` the best stays."""
    from cv2.dnn import NMSBoxesBatched

    corners = centres - sizes / 2
    order: list[int] = []
    if len(scores):
        placed = np.concatenate([corners, sizes], axis=1).astype(float)
        order = list(NMSBoxesBatched(placed.tolist(), scores.tolist(), numbers.tolist(), conf, iou))[:max_det]
    boxes = np.concatenate([corners, corners + sizes], axis=1)[order].astype(np.float32)
    return FoundBoxes(boxes, scores[order].astype(np.float32), numbers[order].astype(np.int64))
