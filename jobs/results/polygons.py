"""The outlines of oriented boxes in pixels of a frame; pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Point = tuple[float, float]


def polygon_px(detection: Mapping[str, Any], width: int, height: int) -> list[Point]:
    """The corners of an oriented box in pixels; none where it has none, or a tool's NaN has become None."""
    corners = detection.get("polygon") or []
    if any(number is None for corner in corners for number in corner):
        return []
    return [(round(x * width, 2), round(y * height, 2)) for x, y in corners]


def on_frame(corners: Sequence[Point], width: float, height: float) -> list[Point]:
    """The part of a convex polygon that is on the frame, up to eight corners; none where nothing is.

    Sutherland and Hodgman, "Reentrant polygon clipping", 1974.
    """
    kept = list(corners)
    for axis, edge, side in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        kept = within(kept, axis, edge, side)
    return kept


def within(corners: Sequence[Point], axis: int, edge: float, side: int) -> list[Point]:
    """The part of a convex polygon on one side of an edge: 1 for the side of greater numbers, -1 for less."""
    kept: list[Point] = []
    for one, other in pairwise([*corners[-1:], *corners]):
        before, after = side * (one[axis] - edge), side * (other[axis] - edge)
        if before * after < 0:
            share = before / (before - after)
            x, y = (start + share * (end - start) for start, end in zip(one, other, strict=True))
            kept.append((round(x, 2), round(y, 2)))
        if after >= 0:
            kept.append(other)
    return kept


def area_of(corners: Sequence[Point]) -> float:
    """The area of a polygon."""
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*corners, *corners[:1]]))
    return abs(doubled) / 2
