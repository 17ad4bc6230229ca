"""Says what one line of text is, and turns drawn runs of text into lines' boxes.

The rule: runs that stand on one baseline and are closer to each other than `MAX_GAP` ems belong to one
line. A wider gap (a table's next column, the other side of a form) starts a new line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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


def clip_boxes(boxes_xyxy: Boxes, width: int, height: int) -> Boxes:
    """Boxes cut at the picture's edge, without those that are tiny or of which too little is left to read.

    A line counts while most of its letters' height shows, and with it two fifths of its length or a letter
    or two.
    """
    cut: Boxes = np.clip(boxes_xyxy, 0, [width, height, width, height]).astype(np.float32)
    whole, sides = _sides(boxes_xyxy), _sides(cut)
    along, rows = whole.argmax(axis=1), np.arange(len(cut))
    length, depth = sides[rows, along], sides[rows, 1 - along]
    long_enough = (length >= MIN_VISIBLE * whole[rows, along]) | (length >= MIN_REACH * depth)
    deep_enough = depth >= MIN_DEPTH * whole[rows, 1 - along]
    kept: Boxes = cut[(sides.min(axis=1) >= MIN_SIDE) & long_enough & deep_enough]
    return kept


def shifted(boxes_xyxy: Boxes, x: float, y: float) -> Boxes:
    """Boxes moved by x and y pixels."""
    return boxes_xyxy + np.array([x, y, x, y], np.float32)


def _sides(boxes_xyxy: Boxes) -> Boxes:
    return boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]


def _continues(line: list[Run], run: Run) -> bool:
    last = line[-1]
    size = max(last.size, run.size)
    gap = run.x0 - last.x1
    return abs(last.baseline - run.baseline) < 0.3 * size and -0.5 * size < gap < MAX_GAP * size
