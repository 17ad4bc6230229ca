"""Lines of text at any angle, and a reader that knows which way up they are."""

import math
from collections.abc import Sequence

import numpy as np

from pipelines.detections import Detection
from pipelines.engine.readers.text_reader import FoundText, Image, PixelBox, Reading
from pipelines.tools.ocr.line_axes import moved_to, turned

SIZE_WH = (640, 480)


def line_at(
    centre: tuple[float, float],
    size: tuple[float, float],
    degrees: float = 0,
    *,
    score: float = 0.9,
    text: str | None = None,
) -> Detection:
    """A line of this length and height around a point in pixels of 640x480, turned clockwise."""
    (x, y), (w, h) = centre, (size[0] / 2, size[1] / 2)
    spots = (turned(corner, math.radians(degrees)) for corner in ((-w, -h), (w, -h), (w, h), (-w, h)))
    first, second, third, fourth = (((x + dx) / SIZE_WH[0], (y + dy) / SIZE_WH[1]) for dx, dy in spots)
    box = Detection(0, 0, 0, 0, "text", score, text=text, text_score=None if text is None else 0.99)
    return moved_to(box, (first, second, third, fourth))


def frame_with(line: Detection, colours: Sequence[int] = (40, 120)) -> Image:
    """A white frame on which the line's left half has one grey, and its right half another."""
    import cv2

    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 255, np.uint8)
    a, b, c, d = (np.array(corner) for corner in line.polygon_pixels(SIZE_WH))
    for colour, quad in zip(
        colours, ((a, (a + b) / 2, (c + d) / 2, d), ((a + b) / 2, b, c, (c + d) / 2)), strict=True
    ):
        cv2.fillConvexPoly(image, np.round(np.array(quad)).astype(np.int32), (colour,) * 3)
    return image


class WayReader:
    """Reads `ABCD` where the dark half of a box comes first, and what it is told where it comes last."""

    def __init__(self, right: Reading, wrong: Reading) -> None:
        self.right, self.wrong = right, wrong
        self.crops: list[Image] = []

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """One reading for each box."""
        crops = [image_bgr[y1:y2, x1:x2] for x1, y1, x2, y2 in boxes_xyxy]
        self.crops += crops
        return [self._read(crop) for crop in crops]

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """Nothing."""
        return []

    def _read(self, crop: Image) -> Reading:
        half = crop.shape[1] // 2
        middle = crop[crop.shape[0] // 3 : max(2 * crop.shape[0] // 3, 1)]
        first, last = (float(np.median(part)) for part in (middle[:, :half], middle[:, half:]))
        return self.right if first < last else self.wrong
