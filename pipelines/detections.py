"""The canonical result vocabulary that every tool speaks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Detection:
    """One box on a frame; coordinates are fractions of the frame, origin top left.

    `polygon` is the oriented box of what is not level: its corners clockwise from the object's own upper
    left, which may lie beyond the frame's edge; `x y w h` is then the upright hull on the frame. What no
    tool set is None. `text_age_ms` is set only while a line, whose picture has changed since it was read,
    waits to be read again: the milliseconds since its text was last seen to hold.
    """

    x: float
    y: float
    w: float
    h: float
    label: str
    score: float
    text: str | None = None
    text_score: float | None = None
    text_age_ms: float | None = None
    track_id: int | None = None
    polygon: Polygon | None = None

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
        if self.text_age_ms is not None:
            data["text_age_ms"] = round(float(self.text_age_ms))
        if self.track_id is not None:
            data["track_id"] = int(self.track_id)
        if self.polygon is not None:
            data["polygon"] = [[round(float(x), 5), round(float(y), 5)] for x, y in self.polygon]
        return data

    def xyxy_pixels(self, size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
        """Corners in pixels of a frame of `size_wh`, unrounded."""
        width, height = size_wh
        return self.x * width, self.y * height, (self.x + self.w) * width, (self.y + self.h) * height

    def polygon_pixels(self, size_wh: tuple[int, int]) -> Polygon:
        """The four corners in pixels of a frame of `size_wh`: those of the polygon, else of the box."""
        width, height = size_wh
        if self.polygon is None:
            left, top, right, bottom = self.xyxy_pixels(size_wh)
            return (left, top), (right, top), (right, bottom), (left, bottom)
        first, second, third, fourth = ((x * width, y * height) for x, y in self.polygon)
        return first, second, third, fourth


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


def from_polygons_pixels(
    polygons: Iterable[Sequence[Sequence[float]]],
    labels: Iterable[str],
    scores: Iterable[float],
    size_wh: tuple[int, int],
) -> list[Detection]:
    """Detections from four pixel corners each; what lies outside the frame is left out."""
    width, height = size_wh
    found = []
    for corners, label, score in zip(polygons, labels, scores, strict=True):
        first, second, third, fourth = ((float(x) / width, float(y) / height) for x, y in corners)
        found += with_polygon((first, second, third, fourth), label, float(score))
    return found


def with_polygon(polygon: Polygon, label: str, score: float) -> list[Detection]:
    """The detection of an oriented box in fractions of the frame; none where it lies outside the frame."""
    x1, x2 = (min(max(edge(x for x, _ in polygon), 0.0), 1.0) for edge in (min, max))
    y1, y2 = (min(max(edge(y for _, y in polygon), 0.0), 1.0) for edge in (min, max))
    if x2 <= x1 or y2 <= y1:
        return []
    return [Detection(x1, y1, x2 - x1, y2 - y1, label, score, polygon=polygon)]
