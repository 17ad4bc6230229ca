"""Lines of text in their own axes: along the letters and across them, in pixels of the frame."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipelines.detections import Detection, Point, Polygon, with_polygon

# Directions that differ by less are of lines on one sheet, which perspective spreads.
ALIKE = math.radians(20)


@dataclass(frozen=True)
class Span:
    """The part of a line's axes that a box takes: along the letters, and across them."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The length along the letters."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height across the letters."""
        return self.bottom - self.top


def direction_of(box: Detection, size_wh: tuple[int, int]) -> float:
    """The direction in which its letters follow each other: radians, clockwise from left to right."""
    if box.polygon is None:
        return 0.0
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = box.polygon_pixels(size_wh)
    return math.atan2(y2 - y1 + y3 - y4, x2 - x1 + x3 - x4)


def difference(one: float, other: float) -> float:
    """The angle between two directions, from 0 to pi."""
    return abs((one - other + math.pi) % math.tau - math.pi)


def span_of(box: Detection, direction: float, size_wh: tuple[int, int]) -> Span:
    """The extent of a box on the axes of a direction; its width and height where they are its own axes."""
    corners = [turned(corner, -direction) for corner in box.polygon_pixels(size_wh)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Span(min(xs), min(ys), max(xs), max(ys))


def box_of(span: Span, direction: float, size_wh: tuple[int, int], box: Detection) -> Detection:
    """The box, placed on a span of a direction's axes."""
    width, height = size_wh
    corners = (
        (span.left, span.top),
        (span.right, span.top),
        (span.right, span.bottom),
        (span.left, span.bottom),
    )
    first, second, third, fourth = (
        (x / width, y / height) for x, y in (turned(corner, direction) for corner in corners)
    )
    return moved_to(box, (first, second, third, fourth))


def moved_to(box: Detection, polygon: Polygon) -> Detection:
    """The box with these corners, and their upright hull; as it was where they lie outside the frame."""
    for placed in with_polygon(polygon, box.label, box.score):
        return replace(box, x=placed.x, y=placed.y, w=placed.w, h=placed.h, polygon=polygon)
    return box


def turned(point: Point, angle: float) -> Point:
    """A point turned around the frame's corner, clockwise."""
    x, y = point
    sine, cosine = math.sin(angle), math.cos(angle)
    return x * cosine - y * sine, x * sine + y * cosine


def upside_down(box: Detection) -> Detection:
    """The box with its text's own upper left at the opposite corner."""
    first, second, third, fourth = box.polygon_pixels((1, 1))
    return replace(box, polygon=(third, fourth, first, second))


def main_direction(boxes: Iterable[Detection], size_wh: tuple[int, int]) -> float:
    """The direction that most of the text has, measured by its length; there must be a box."""
    lines = [(direction_of(box, size_wh), length_of(box, size_wh)) for box in boxes]
    around = max(
        (direction for direction, _ in lines),
        key=lambda one: sum(length for other, length in lines if difference(one, other) < ALIKE),
    )
    alike = [(direction, length) for direction, length in lines if difference(around, direction) < ALIKE]
    return math.atan2(
        sum(length * math.sin(direction) for direction, length in alike),
        sum(length * math.cos(direction) for direction, length in alike),
    )


def votes_for(direction: float, others: Sequence[float]) -> int:
    """Count the directions that are about this one, less those that are opposite to it."""
    apart = [difference(other, direction) for other in others]
    return sum((one < ALIKE) - (one > math.pi - ALIKE) for one in apart)


def length_of(box: Detection, size_wh: tuple[int, int]) -> float:
    """The length of a line along its letters, in pixels."""
    return sides_of(box, size_wh)[0]


def sides_of(box: Detection, size_wh: tuple[int, int]) -> tuple[float, float]:
    """The length of a line along its letters and its height across them, in pixels."""
    first, second, third, _ = box.polygon_pixels(size_wh)
    return math.dist(first, second), math.dist(second, third)
