"""The interface of detection networks, whatever runs them, and non-maximum suppression (NMS)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.letterbox import Letterbox


@dataclass(frozen=True)
class FoundBoxes:
    """The boxes that were found on one frame: pixel corners Nx4, scores N, class numbers N; best first.

    Networks of oriented boxes give `polygons` as well, Nx4x2 clockwise from the upper left of what they hold;
    `boxes_xyxy` are their upright hulls then.
    """

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    polygons: NDArray[np.float32] | None = None

    @classmethod
    def none(cls) -> "FoundBoxes":
        """No box at all."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True)
class DetectOptions:
    """The parameters of one detection under Ultralytics' names, with its defaults.

    `imgsz` is the longer side of the network's input in pixels; of boxes of one class that overlap more than
    `iou` the best stays; `classes` are the numbers of the wanted classes, None for all.
    """

    imgsz: int = 640
    conf: float = 0.25
    iou: float = 0.7
    max_det: int = 300
    classes: Sequence[int] | None = None

    def wanted(self, scores: NDArray[np.float32], numbers: NDArray[Any]) -> NDArray[np.bool_]:
        """A mask of the boxes that score enough and are of a wanted class."""
        enough = scores > self.conf
        return enough if self.classes is None else enough & np.isin(numbers, self.classes)


class BoxNetwork(Protocol):
    """One loaded network, for one thread at a time; `fixed_size_hw` is None where it takes any size."""

    names: dict[int, str]
    backend: str
    fixed_size_hw: tuple[int, int] | None

    def find(self, image_bgr: NDArray[np.uint8], options: DetectOptions) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3; a network of fixed size uses that whatever `imgsz` says."""
        ...


def on_frame(found: FoundBoxes, letterbox: Letterbox) -> FoundBoxes:
    """The boxes found on a network's input, as on the frame that was laid into it."""
    polygons = None if found.polygons is None else letterbox.points_to_frame(found.polygons)
    return replace(found, boxes_xyxy=letterbox.to_frame(found.boxes_xyxy), polygons=polygons)


def best_boxes(rows: NDArray[np.float32], options: DetectOptions) -> FoundBoxes:
    """The best of a network's rows (4 + classes, n): centre, size, and a score for each class."""
    scores = rows[4:].max(axis=0)
    kept = np.flatnonzero(scores > options.conf)
    numbers = rows[4:, kept].argmax(axis=0)
    if options.classes is not None:
        wanted = np.isin(numbers, options.classes)
        kept, numbers = kept[wanted], numbers[wanted]
    centres, sizes = rows[:2, kept].T, rows[2:4, kept].T
    return nms(centres, sizes, scores[kept], numbers, options)


def nms(
    centres: NDArray[np.float32],
    sizes: NDArray[np.float32],
    scores: NDArray[np.float32],
    numbers: NDArray[np.int64],
    options: DetectOptions,
) -> FoundBoxes:
    """Non-maximum suppression by class: of boxes that overlap more than `iou` the best stays."""
    from cv2.dnn import NMSBoxesBatched

    corners = centres - sizes / 2
    order: list[int] = []
    if len(scores):
        placed = np.concatenate([corners, sizes], axis=1).astype(float)
        best = NMSBoxesBatched(placed.tolist(), scores.tolist(), numbers.tolist(), options.conf, options.iou)
        order = list(best)[: options.max_det]
    boxes = np.concatenate([corners, corners + sizes], axis=1)[order].astype(np.float32)
    return FoundBoxes(boxes, scores[order].astype(np.float32), numbers[order].astype(np.int64))
