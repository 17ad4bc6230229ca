"""Oriented boxes of a network, and which of those that overlap stays.

How far two overlap is told by probabilistic IoU (Llerena, Zeni, Kristen, Jung: "Gaussian Bounding Boxes and
Probabilistic Intersection-over-Union for Object Detection", 2021), as in Ultralytics.
"""

import math

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes

Rows = NDArray[np.float32]
# No more boxes are compared with each other, best first: so many take a tenth of a second.
MOST_CANDIDATES = 4096
BLOCK = 128
# Ultralytics': they keep roots and logarithms from nought.
TINY = 1e-7


def best_oriented(rows: Rows, options: DetectOptions) -> FoundBoxes:
    """The best of a network's rows (5 + classes, n): centre, size, a score for each class, and the angle."""
    scores = rows[4:-1].max(axis=0)
    numbers = rows[4:-1].argmax(axis=0)
    kept = np.flatnonzero(options.wanted(scores, numbers))
    kept = kept[np.argsort(-scores[kept], kind="stable")][:MOST_CANDIDATES]
    rectangles = np.concatenate([rows[:4, kept], rows[-1:, kept]]).T
    best = kept_of(rectangles, numbers[kept], options)
    chosen = kept[best]
    polygons = corners_of(rectangles[best])
    hulls = np.concatenate([polygons.min(axis=1), polygons.max(axis=1)], axis=1)
    return FoundBoxes(hulls, scores[chosen], numbers[chosen].astype(np.int64), polygons)


def kept_of(rectangles: Rows, numbers: NDArray[np.int64], options: DetectOptions) -> list[int]:
    """The places of the rectangles (n, 5), best first, that overlap no better one of their class.

    As in Ultralytics, one that does not stay itself still takes others away.
    """
    spreads = spreads_of(rectangles)
    limit = -math.log(1 + TINY - (1 - options.iou) ** 2)
    kept: list[int] = []
    for start in range(0, len(rectangles), BLOCK):
        end = min(start + BLOCK, len(rectangles))
        near = distances(spreads[:, start:end, None], spreads[:, None, :end]) < limit
        near &= numbers[start:end, None] == numbers[None, :end]
        better = np.arange(end)[None] < np.arange(start, end)[:, None]
        kept += (np.flatnonzero(~(near & better).any(axis=1)) + start).tolist()
        if len(kept) >= options.max_det:
            break
    return kept[: options.max_det]


def spreads_of(rectangles: Rows) -> Rows:
    """Rectangles as normal distributions (6, n): centre, variances across and down, covariance, size."""
    x, y, width, height, angle = rectangles.T
    sine, cosine = np.sin(angle), np.cos(angle)
    along, down = width**2 / 12, height**2 / 12
    across = along * cosine**2 + down * sine**2
    upright = along * sine**2 + down * cosine**2
    shared = (along - down) * cosine * sine
    return np.stack([x, y, across, upright, shared, np.abs(width * height) / 12])


def distances(one: Rows, other: Rows) -> Rows:
    """Bhattacharyya distances of normal distributions; an IoU of 1 is the distance 0."""
    x, y = one[0] - other[0], one[1] - other[1]
    across, upright, shared = one[2] + other[2], one[3] + other[3], one[4] + other[4]
    spread = np.maximum(across * upright - shared**2, 0)
    apart = (across * y**2 + upright * x**2 - 2 * shared * x * y) / (4 * (spread + TINY))
    shape = np.log(spread / (4 * one[5] * other[5] + TINY) + TINY) / 2
    return np.asarray(apart + shape, np.float32)


def corners_of(rectangles: Rows) -> Rows:
    """Corners (n, 4, 2) of rectangles (n, 5), clockwise from the upper left of what they hold.

    The first two go from left to right, or straight down: a network does not tell which way up things are.
    """
    angle = rectangles[:, 4]
    angle = np.pi / 2 - (np.pi / 2 - angle) % np.pi
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    along = direction * rectangles[:, 2:3] / 2
    down = np.stack([-direction[:, 1], direction[:, 0]], axis=1) * rectangles[:, 3:4] / 2
    centre = rectangles[:, :2]
    corners = [centre - along - down, centre + along - down, centre + along + down, centre - along + down]
    return np.stack(corners, axis=1).astype(np.float32)
