"""Letterboxing: scale a frame into a network's input, pad it with grey, and map boxes back to the frame."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Rows = NDArray[np.float32]
GREY = 114
# The most pixels of a network's input, whatever is asked for: 2048x2048. The small networks need 0.35 GB of
# memory for so many, and four times as much for 4096x4096.
MAX_INPUT_PIXELS = 2048 * 2048
# The usual frame of a camera: networks run it once, so that the first real frame is not slow.
CAMERA_SIZE_HW = (480, 640)


@dataclass(frozen=True)
class Letterbox:
    """The scale of a frame in a network's input, its size there, and the input's own size."""

    scale: float
    frame_hw: tuple[int, int]
    inner_hw: tuple[int, int]
    input_hw: tuple[int, int]

    @classmethod
    def of(cls, frame_hw: tuple[int, int], imgsz: int, stride: int) -> Self:
        """The frame with its longer side at `imgsz`, on an input of whole strides.

        It is smaller where the input would have more than MAX_INPUT_PIXELS.
        """
        scale = min(imgsz, longest_side(frame_hw, imgsz, stride)) / max(frame_hw)
        height, width = (max(1, round(side * scale)) for side in frame_hw)
        whole = (-(-height // stride) * stride, -(-width // stride) * stride)
        return cls(scale, frame_hw, (height, width), whole)

    @property
    def corner(self) -> tuple[int, int]:
        """The place of the frame's left upper corner in the input, x and y."""
        (high, wide), (height, width) = self.input_hw, self.inner_hw
        return round((wide - width) / 2 - 0.1), round((high - height) / 2 - 0.1)

    def apply(self, image_bgr: Image) -> Image:
        """Scale and pad the frame: the input (1, height, width, 3), with the frame in the middle of grey."""
        import cv2

        height, width = self.inner_hw
        if image_bgr.shape[:2] != self.inner_hw:
            image_bgr = np.asarray(cv2.resize(image_bgr, (width, height)), np.uint8)
        if self.inner_hw == self.input_hw:
            return np.ascontiguousarray(image_bgr)[None]
        left, top = self.corner
        padded = np.full((1, *self.input_hw, 3), GREY, np.uint8)
        padded[0, top : top + height, left : left + width] = image_bgr
        return padded

    def to_frame(self, boxes_xyxy: Rows) -> Rows:
        """Map boxes (n, 4) from the input to the frame, and clip them at its edges."""
        moved = self.points_to_frame(boxes_xyxy.reshape(-1, 2)).reshape(-1, 4)
        height, width = self.frame_hw
        return np.asarray(np.clip(moved, 0, np.array([width, height] * 2)), np.float32)

    def points_to_frame(self, points: Rows) -> Rows:
        """Map points (..., 2) from the input to the frame; some may lie beyond its edges."""
        return np.asarray((points - np.array(self.corner, np.float32)) / self.scale, np.float32)


def longest_side(frame_hw: tuple[int, int], imgsz: int, stride: int) -> int:
    """The longer side, `imgsz` or less, where a frame's input has MAX_INPUT_PIXELS at most."""
    if imgsz * imgsz <= MAX_INPUT_PIXELS:
        return imgsz
    slimness = min(frame_hw) / max(frame_hw)
    # Both sides may grow to the next stride: (side + stride) * (side * slimness + stride) = MAX_INPUT_PIXELS.
    half = stride * (1 + slimness) / 2
    side = (math.sqrt(half**2 + slimness * (MAX_INPUT_PIXELS - stride**2)) - half) / slimness
    return min(imgsz, int(side))
