"""Says what one line of text is, and turns drawn runs of text into lines' corners.

The rule: runs that stand on one baseline and are closer to each other than `MAX_GAP` ems belong to one
line. A wider gap (a table's next column, the other side of a form) starts a new line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_GAP = 1.5
MIN_SIDE = 4.0
MIN_VISIBLE = 0.4
MIN_DEPTH = 0.6
MIN_REACH = 1.3

Boxes = NDArray[np.float32]
Quads = NDArray[np.float32]


@dataclass(frozen=True)
class Run:
    """A piece of text as drawn: its ink's box, its baseline's y and its em size, in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float
    baseline: float
    size: float


def join_runs(runs: Iterable[Run]) -> Boxes:
    """Boxes (n, 4) xyxy of the lines that the runs make by this module's rule."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: (round(run.baseline), run.x0)):
        open_line = next((line for line in reversed(lines) if _continues(line, run)), None)
        if open_line:
            open_line.append(run)
        else:
            lines.append([run])
    boxes = [
        (min(r.x0 for r in line), min(r.y0 for r in line), max(r.x1 for r in line), max(r.y1 for r in line))
        for line in lines
    ]
    return np.array(boxes, np.float32).reshape(-1, 4)


def box_corners(boxes_xyxy: Boxes) -> Quads:
    """Corners (n, 4, 2) of boxes, clockwise from the top left."""
    return boxes_xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def project(quads: Quads, homography: NDArray[np.float64]) -> Quads:
    """Corners (n, 4, 2) moved by a 3x3 homography."""
    points = np.concatenate([quads.reshape(-1, 2), np.ones((quads.size // 2, 1))], axis=1) @ homography.T
    return (points[:, :2] / points[:, 2:]).reshape(-1, 4, 2).astype(np.float32)


def hulls(quads: Quads) -> Boxes:
    """Upright boxes (n, 4) xyxy around corners (n, 4, 2)."""
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)


def clip_lines(quads: Quads, width: int, height: int) -> Quads:
    """Rectangles (n, 4, 2) along the lines, cut at the picture's edge, without those too little is left of.

    The corners of a line are given clockwise from the text's own upper left, and so are the rectangle's: it
    holds what of the line lies inside the picture. A line counts while most of its letters' height shows,
    and with it two fifths of its length or a letter or two.
    """
    kept = [cut for quad in quads if (cut := _clipped(quad, width, height)) is not None]
    return np.array(kept, np.float32).reshape(-1, 4, 2)


def shifted(quads: Quads, x: float, y: float) -> Quads:
    """Corners moved by x and y pixels."""
    return quads + np.array([x, y], np.float32)


def centred(quads: Quads) -> NDArray[np.float32]:
    """Rectangles (n, 5) as centre x and y, length along the text, height, and angle in radians.

    The angle is the text's direction, clockwise from the x axis, from -pi/2 to pi/2: where a line has to be
    turned upside down for that, it is, for a detector does not tell which way up letters are.
    """
    along, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    angle = np.arctan2(along[:, 1], along[:, 0])
    angle = (angle + np.pi / 2) % np.pi - np.pi / 2
    sides = np.stack([np.hypot(*along.T), np.hypot(*down.T)], axis=1)
    return np.concatenate([quads.mean(axis=1), sides, angle[:, None]], axis=1).astype(np.float32)


def _clipped(quad: Quads, width: int, height: int) -> Quads | None:
    axes = _axes(quad)
    frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    inside = quad
    if quad.min() < 0 or (quad > (width, height)).any():
        area, points = cv2.intersectConvexConvex(cv2.convexHull(quad), frame)
        if area <= 0 or points is None:
            return None
        inside = points.reshape(-1, 2)
    whole, cut = quad @ axes.T, inside @ axes.T
    low, high = cut.min(axis=0), cut.max(axis=0)
    sides, full = high - low, np.ptp(whole, axis=0)
    along = int(full.argmax())
    length, depth = sides[along], sides[1 - along]
    long_enough = length >= MIN_VISIBLE * full[along] or length >= MIN_REACH * depth
    if sides.min() < MIN_SIDE or not long_enough or depth < MIN_DEPTH * full[1 - along]:
        return None
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
    return np.asarray(corners @ axes, np.float32)


def _axes(quad: Quads) -> NDArray[np.float32]:
    """Unit vectors along the text and down it, one a row."""
    along = (quad[1] - quad[0]) + (quad[2] - quad[3])
    x, y = along / max(float(np.hypot(*along)), 1e-6)
    return np.array([(x, y), (-y, x)], np.float32)


def _continues(line: list[Run], run: Run) -> bool:
    last = line[-1]
    size = max(last.size, run.size)
    gap = run.x0 - last.x1
    return abs(last.baseline - run.baseline) < 0.3 * size and -0.5 * size < gap < MAX_GAP * size
