"""What every detection network offers, whatever runs it."""

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
