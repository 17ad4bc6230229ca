"""Puts lines of text into the order in which a person reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.detections import Detection
from pipelines.tools.ocr.line_axes import ALIKE, difference, direction_of, main_direction, span_of

# A line so many times as long as high is a part of running text; a cell of a table or a price is shorter.
RUNNING = 6.0
# So many such lines on each side of a gap make two columns.
LEAST_LINES = 3


def reading_order(boxes: Iterable[Detection], size_wh: tuple[int, int] = (1, 1)) -> list[Detection]:
    """The boxes as they are read: from top to bottom and from left to right as their own lines run.

    Where lines run in several directions, those of one direction come together, the most text first.
    `size_wh` is the frame's, in pixels; where no box is turned it does not matter.
    """
    left, ordered = list(boxes), list[Detection]()
    while any(box.polygon for box in left):
        direction = main_direction(left, size_wh)
        alike = [difference(direction_of(box, size_wh), direction) < ALIKE for box in left]
        group = [box for box, belongs in zip(left, alike, strict=True) if belongs]
        left = [box for box, belongs in zip(left, alike, strict=True) if not belongs]
        level = {id(box): box for box in (levelled(one, direction, size_wh) for one in group)}
        own = dict(zip(level, group, strict=True))
        ordered += [own[id(box)] for box in page_order(level.values())]
    return ordered + page_order(left)


def levelled(box: Detection, direction: float, size_wh: tuple[int, int]) -> Detection:
    """The box on the frame turned so that this direction is level; for comparing places only."""
    width, height = size_wh
    span = span_of(box, direction, size_wh)
    x, y = span.left / width, span.top / height
    return replace(box, x=x, y=y, w=span.width / width, h=span.height / height, polygon=None)


def page_order(boxes: Iterable[Detection]) -> list[Detection]:
    """Upright boxes from top to bottom; those at about the same height form a row, from left to right.

    Columns of running text are read one after the other, between the lines that reach across them.
    """
    page = sorted(boxes, key=middle)
    gap = gap_between_columns(page)
    if gap is None:
        return rows_of(page)
    ordered: list[Detection] = []
    band: list[Detection] = []
    for box in page:
        if crosses(box, gap):
            ordered += [*columns_of(band, gap), box]
            band = []
        else:
            band.append(box)
    return ordered + columns_of(band, gap)


def columns_of(boxes: Sequence[Detection], gap: float) -> list[Detection]:
    """The boxes left of a gap in reading order, then those right of it."""
    left, right = [box for box in boxes if box.x < gap], [box for box in boxes if box.x >= gap]
    return page_order(left) + page_order(right)


def gap_between_columns(boxes: Sequence[Detection]) -> float | None:
    """Find where a column of running text begins that has another to its left; None without two."""
    running = [box for box in boxes if box.w >= RUNNING * box.h]
    for gap in sorted({box.x for box in running}):
        left = [box for box in running if box.x + box.w <= gap]
        right = [box for box in running if box.x >= gap]
        across = [box for box in boxes if crosses(box, gap)]
        if min(len(left), len(right)) >= max(LEAST_LINES, len(across) + 1) and side_by_side(left, right):
            return gap
    return None


def side_by_side(left: Sequence[Detection], right: Sequence[Detection]) -> bool:
    """True if most lines of the shorter side have something of the other side beside them."""
    short, long = sorted((left, right), key=len)
    beside = sum(any(abs(middle(one) - middle(other)) < one.h for other in long) for one in short)
    return beside > len(short) / 2


def crosses(box: Detection, gap: float) -> bool:
    """True if a box lies on both sides of a gap."""
    return box.x < gap < box.x + box.w


def rows_of(boxes: Sequence[Detection]) -> list[Detection]:
    """Boxes, which come by height, row by row."""
    rows: list[list[Detection]] = []
    for box in boxes:
        if rows and abs(middle(box) - middle(rows[-1][0])) < 0.5 * min(box.h, rows[-1][0].h):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda box: box.x)]


def text_of(boxes: Iterable[Detection], size_wh: tuple[int, int] = (1, 1)) -> str:
    """The text that was read, a line for each box, in reading order on a frame of `size_wh`."""
    return "\n".join(box.text for box in reading_order(boxes, size_wh) if box.text)


def middle(box: Detection) -> float:
    """The height of a box's centre on the frame."""
    return box.y + box.h / 2
