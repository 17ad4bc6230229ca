"""Puts lines of text into the order in which a person reads them."""

from collections.abc import Iterable

from pipelines.detections import Detection


def reading_order(boxes: Iterable[Detection]) -> list[Detection]:
    """From top to bottom; boxes at about the same height form a row and go from left to right."""
    rows: list[list[Detection]] = []
    for box in sorted(boxes, key=middle):
        if rows and abs(middle(box) - middle(rows[-1][0])) < 0.5 * min(box.h, rows[-1][0].h):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda box: box.x)]


def text_of(boxes: Iterable[Detection]) -> str:
    """What was read, a line for each box, in reading order."""
    return "\n".join(box.text for box in reading_order(boxes) if box.text)


def middle(box: Detection) -> float:
    """The height of a box's centre on the frame."""
    return box.y + box.h / 2
