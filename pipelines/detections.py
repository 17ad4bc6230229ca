"""The canonical result vocabulary that every tool speaks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Detection:
    """One box on a frame; coordinates are fractions of the frame, origin top left.

    `text`, `text_score` and `track_id` are None where no tool set them.
    """

    x: float
    y: float
    w: float
    h: float
    label: str
    score: float
    text: str | None = None
    text_score: float | None = None
    track_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: coordinates to 5 and scores to 4 decimals, unset optional fields left out."""
        data: dict[str, Any] = {
            "x": round(float(self.x), 5),
            "y": round(float(self.y), 5),
            "w": round(float(self.w), 5),
            "h": round(float(self.h), 5),
            "label": self.label,
            "score": round(float(self.score), 4),
        }
        if self.text is not None:
            data["text"] = self.text
        if self.text_score is not None:
            data["text_score"] = round(float(self.text_score), 4)
        if self.track_id is not None:
            data["track_id"] = int(self.track_id)
        return data

    def xyxy_pixels(self, size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
        """Corners in pixels of a frame of `size_wh`, unrounded."""
        width, height = size_wh
        return self.x * width, self.y * height, (self.x + self.w) * width, (self.y + self.h) * height


def from_xyxy_pixels(
    boxes_xyxy: Iterable[Sequence[float]],
    labels: Iterable[str],
    scores: Iterable[float],
    size_wh: tuple[int, int],
) -> list[Detection]:
    """Detections from pixel corners, clipped to the frame; boxes that lie outside it are left out."""
    width, height = size_wh
    found = []
    for (left, top, right, bottom), label, score in zip(boxes_xyxy, labels, scores, strict=True):
        x1, x2 = (min(max(float(v) / width, 0.0), 1.0) for v in (left, right))
        y1, y2 = (min(max(float(v) / height, 0.0), 1.0) for v in (top, bottom))
        if x2 > x1 and y2 > y1:
            found.append(Detection(x1, y1, x2 - x1, y2 - y1, label, float(score)))
    return found
