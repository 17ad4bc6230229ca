"""Mends the quadrilaterals of lines that RapidOCR's detector finds: some are broken, others cut at an end."""

import math

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.readers.text_reader import TALL
from pipelines.engine.scheduling.yielding import yield_slot

Quad = NDArray[np.float32]
# The detector breaks lines at narrow letters, such as a 1 of seven segments, and leaves out those that stand
# alone at an end. Its boxes reach a little beyond their letters, so the parts of a broken line overlap by so
# much of their height, which words do not, and agree across it.
OVERLAP, AGREE = 0.2, 0.75
# The sine of the angle by which the directions of two parts may differ.
PARALLEL = 0.1
# A line is read with so much of its height before and behind it, unless another line is there. Twice as much
# brings in signs that are none.
AIR = 0.3
LEAST = 1e-6


def whole_lines(quads: NDArray[np.float32], scores: list[float]) -> tuple[list[Quad], list[float]]:
    """The lines (n, 4, 2), clockwise from their upper left, with broken ones joined.

    Of two scores the better stays.
    """
    lines: list[Quad] = []
    kept: list[float] = []
    for quad, score in sorted(zip(quads, scores, strict=True), key=lambda line: float(line[0][:, 0].min())):
        yield_slot()
        place = next(
            (n for n, line in enumerate(lines) if meets(line, quad) and is_one_line(line, quad)), None
        )
        if place is None:
            lines.append(quad)
            kept.append(score)
        else:
            lines[place], kept[place] = around(lines[place], quad), max(kept[place], score)
    return lines, kept


def with_air(quads: list[Quad], size_wh: tuple[int, int]) -> list[Quad]:
    """The lines as they are read: a little longer at each end where nothing else is in the way."""
    aired = []
    for number, quad in enumerate(quads):
        yield_slot()
        others = [other for place, other in enumerate(quads) if place != number]
        aired.append(longer(quad, others, size_wh))
    return aired


def longer(quad: Quad, others: list[Quad], size_wh: tuple[int, int]) -> Quad:
    """The line with air at each end that is free; tall ones are left, nobody knows how they run."""
    along, width, height = axis_of(quad)
    if height >= TALL * width:
        return quad
    air = along * np.float32(AIR * height)
    before = np.stack([quad[0] - air, quad[0], quad[3], quad[3] - air])
    behind = np.stack([quad[1], quad[1] + air, quad[2] + air, quad[2]])
    wider = quad.copy()
    if not any(meets(before, other) for other in others):
        wider[[0, 3]] = before[[0, 3]]
    if not any(meets(behind, other) for other in others):
        wider[[1, 2]] = behind[[1, 2]]
    return np.clip(wider, 0, np.array(size_wh, np.float32))


def meets(one: Quad, other: Quad) -> bool:
    """True if the upright hulls of two lines have anything in common."""
    lows, highs = (
        np.maximum(one.min(axis=0), other.min(axis=0)),
        np.minimum(one.max(axis=0), other.max(axis=0)),
    )
    return bool((lows < highs).all())


def is_one_line(one: Quad, other: Quad) -> bool:
    """True if two boxes that meet are the parts of one broken line."""
    along, width, height = axis_of(one)
    direction, other_width, other_height = axis_of(other)
    is_tall = height >= TALL * width or other_height >= TALL * other_width
    if is_tall or abs(float(along[0] * direction[1] - along[1] * direction[0])) > PARALLEL:
        return False
    (left, right), (top, bottom) = span_of(one, along)
    (other_left, other_right), (other_top, other_bottom) = span_of(other, along)
    least, most = sorted((bottom - top, other_bottom - other_top))
    shared = min(right, other_right) - max(left, other_left)
    agreement = min(bottom, other_bottom) - max(top, other_top)
    return shared >= OVERLAP * least and agreement >= AGREE * most


def around(one: Quad, other: Quad) -> Quad:
    """The box around both, on the axes of the first."""
    along, _, _ = axis_of(one)
    (left, right), (top, bottom) = span_of(np.concatenate([one, other]), along)
    down = np.array([-along[1], along[0]], np.float32)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return np.stack([x * along + y * down for x, y in corners]).astype(np.float32)


def axis_of(quad: Quad) -> tuple[NDArray[np.float32], float, float]:
    """The direction in which a line runs, as a vector of length 1, and its width and height."""
    across, down = (quad[1] - quad[0] + quad[2] - quad[3]) / 2, (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    width = math.hypot(*across)
    return (across / max(width, LEAST)).astype(np.float32), width, math.hypot(*down)


def span_of(points: Quad, along: NDArray[np.float32]) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where points reach along a direction and across it."""
    first = points @ along
    second = points @ np.array([-along[1], along[0]], np.float32)
    return (float(first.min()), float(first.max())), (float(second.min()), float(second.max()))
