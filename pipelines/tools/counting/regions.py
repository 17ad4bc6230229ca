"""Places that a person marks on a frame: zones and lines, in fractions of it, and where a box stands."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, StringConstraints

from pipelines.detections import Detection

Point = tuple[float, float]
Side = tuple[Point, Point]
Points = NDArray[np.float64]
# What of a box must be within a zone or beyond a line.
Anchor = Literal["bottom", "centre"]

MAX_POINTS = 100
# What is narrower than a thousandth of the frame is a slip of the hand.
LEAST = 1e-3
HAIR = 1e-6


def checked_zone(points: list[Point]) -> list[Point]:
    """The corners of a polygon, each once; raises ValueError with a sentence for what is no polygon."""
    check_on_frame(points)
    corners = [point for point, after in zip(points, points[1:] + points[:1], strict=True) if point != after]
    if len(corners) < 3:
        raise ValueError(f"A zone needs at least three points that differ, not {len(set(points))}")
    if crossing := first_crossing(corners):
        (a, b), (c, d) = crossing
        raise ValueError(f"The sides {said(a)}-{said(b)} and {said(c)}-{said(d)} of this zone cross")
    if area_of(corners) < LEAST**2:
        raise ValueError("This zone has no area: its points lie on one line")
    return corners


def checked_line(points: list[Point]) -> list[Point]:
    """The two ends of a line; raises ValueError with a sentence for what is no line."""
    check_on_frame(points)
    if len(points) != 2:
        raise ValueError(f"A line has two points, not {len(points)}")
    (x1, y1), (x2, y2) = points
    if np.hypot(x2 - x1, y2 - y1) < LEAST:
        raise ValueError("The two points of a line must differ")
    return points


def check_on_frame(points: Sequence[Point]) -> None:
    """Raise ValueError for the first point that is not on the frame."""
    for point in points:
        if not all(0 <= value <= 1 for value in point):
            raise ValueError(
                f"{said(point)} is not on the frame: coordinates are fractions of it, from 0 to 1"
            )


def said(point: Point) -> str:
    """A point for people."""
    return "({:g}, {:g})".format(*point)


def sides_of(corners: Sequence[Point]) -> Iterator[Side]:
    """Each corner and the next one."""
    return zip(corners, [*corners[1:], corners[0]], strict=True)


def first_crossing(corners: Sequence[Point]) -> tuple[Side, Side] | None:
    """Two sides that cross between their ends, or None; to touch is not to cross. All pairs are one table."""
    starts = np.asarray(corners, np.float64)
    x, y = starts.T
    along_x, along_y = (np.roll(starts, -1, axis=0) - starts).T
    # On which side of each side, by row, each corner lies, by column.
    lies = along_x[:, None] * (y - y[:, None]) - along_y[:, None] * (x - x[:, None])
    parts = lies * np.roll(lies, -1, axis=1) < 0
    crossings = np.argwhere(np.triu(parts & parts.T, 1))
    if not len(crossings):
        return None
    sides = list(sides_of(corners))
    first, second = crossings[0]
    return sides[first], sides[second]


def area_of(corners: Sequence[Point]) -> float:
    """The area of a polygon whose sides do not cross, as a fraction of the frame."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides_of(corners))) / 2


def standing_points(boxes: Sequence[Detection], anchor: Anchor) -> Points:
    """The point where each box stands: middle of its lower edge, or its centre; Nx2 fractions of the frame.

    What stands on the frame's very edge is moved inwards by a hair, into the zones that reach to that edge.
    """
    down = 1.0 if anchor == "bottom" else 0.5
    rows = [(box.x + box.w / 2, box.y + box.h * down) for box in boxes]
    return np.clip(np.asarray(rows, np.float64).reshape(len(rows), 2), 0, 1 - HAIR)


def within(points: Points, corners: Sequence[Point]) -> NDArray[np.bool_]:
    """Test which points lie in a polygon, by how many sides a ray to the right of each crosses."""
    x, y = points[:, 0], points[:, 1]
    starts = np.asarray(corners, np.float64)
    ends = np.roll(starts, -1, axis=0)
    slants = starts[:, 1] != ends[:, 1]
    (x1, y1), (x2, y2) = starts[slants].T[:, :, None], ends[slants].T[:, :, None]
    beyond = x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
    odd: NDArray[np.bool_] = np.logical_xor.reduce(((y1 <= y) != (y2 <= y)) & beyond, axis=0)
    return odd


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Zone = Annotated[list[Point], Field(max_length=MAX_POINTS), AfterValidator(checked_zone)]
Line = Annotated[list[Point], AfterValidator(checked_line)]
