"""How a frame is laid into the input of a network of boxes, and boxes back onto the frame."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Rows = NDArray[np.float32]
GREY = 114


@dataclass(frozen=True)
class Fit:
    """How a frame lies in a network's input: its scale, its size in there, and the input's size."""

    scale: float
    frame_hw: tuple[int, int]
    inner_hw: tuple[int, int]
    input_hw: tuple[int, int]

    @classmethod
    def of(cls, frame_hw: tuple[int, int], imgsz: int, stride: int) -> Self:
        """The frame with its longer side at `imgsz`, on an input of whole strides."""
        scale = imgsz / max(frame_hw)
        height, width = (max(1, round(side * scale)) for side in frame_hw)
        whole = (-(-height // stride) * stride, -(-width // stride) * stride)
        return cls(scale, frame_hw, (height, width), whole)

    @property
    def corner(self) -> tuple[int, int]:
        """Where the frame's left upper corner lies in the input, x and y."""
        (high, wide), (height, width) = self.input_hw, self.inner_hw
        return round((wide - width) / 2 - 0.1), round((high - height) / 2 - 0.1)

    def placed(self, image_bgr: Image) -> Image:
        """The input (1, height, width, 3): the frame in the middle of grey."""
        import cv2

        height, width = self.inner_hw
        if image_bgr.shape[:2] != self.inner_hw:
            image_bgr = np.asarray(cv2.resize(image_bgr, (width, height)), np.uint8)
        if self.inner_hw == self.input_hw:
            return np.ascontiguousarray(image_bgr)[None]
        left, top = self.corner
        placed = np.full((1, *self.input_hw, 3), GREY, np.uint8)
        placed[0, top : top + height, left : left + width] = image_bgr
        return placed

    def back(self, boxes_xyxy: Rows) -> Rows:
        """Boxes (n, 4) on the input as boxes on the frame, cut at its edges."""
        moved = (boxes_xyxy - np.array(self.corner * 2, np.float32)) / self.scale
        height, width = self.frame_hw
        return np.asarray(np.clip(moved, 0, np.array([width, height] * 2)), np.float32)
