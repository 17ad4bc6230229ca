"""Makes one box of the several that a detector may give for one line of text."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.detections import Detection
from pipelines.engine.scheduling.yielding import yield_slot
from pipelines.tools.ocr.line_axes import ALIKE, Span, box_of, difference, direction_of, span_of

# Two boxes are parts of one line where what they cover across it agrees so far (intersection over union) and
# they share so much of the shorter one's length.
SAME_HEIGHTS = 0.6
SHARED_WIDTH = 0.3
# Of two that do not agree, as a line and two lines taken for one, the worse goes if so much of one is shared.
SWALLOWED = 0.8
# Less is enough for a far worse guess. Upright boxes of slanted lines share as much, but are about as good.
COVERED, FAR_WORSE = 0.5, 0.6


def joined_lines(boxes: Iterable[Detection], size_wh: tuple[int, int]) -> list[Detection]:
    """The boxes with those of one line joined into one, best scores first.

    A joined box has score, track and height of its best part, and reaches from the first part to the last,
    along its own direction. `size_wh` is the frame's, in pixels; where no box is turned it does not matter.
    """
    lines: list[Detection] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        # Each box is compared with all lines, and a page may have hundreds.
        yield_slot()
        place = next((place for place, line in enumerate(lines) if belongs(box, line, size_wh)), None)
        if place is None:
            lines.append(box)
        elif is_same_line(box, lines[place], size_wh):
            lines[place] = widened(lines[place], box, size_wh)
    return joined_lines(lines, size_wh) if any_belongs(lines, size_wh) else lines


def any_belongs(lines: Sequence[Detection], size_wh: tuple[int, int]) -> bool:
    """True if a line that grew now meets another."""
    for place, line in enumerate(lines):
        yield_slot()
        if any(belongs(box, line, size_wh) for box in lines[place + 1 :]):
            return True
    return False


def belongs(box: Detection, line: Detection, size_wh: tuple[int, int]) -> bool:
    """True if a box is a part of a better one, or a bad guess at it."""
    if not hulls_meet(box, line):
        return False
    covered = shared_area(box, line, size_wh)
    if covered <= 0:
        return False
    far_worse = min(box.score, line.score) < FAR_WORSE * max(box.score, line.score)
    share = covered / min(area(box, size_wh), area(line, size_wh))
    return share >= (COVERED if far_worse else SWALLOWED) or is_same_line(box, line, size_wh)


def is_same_line(box: Detection, line: Detection, size_wh: tuple[int, int]) -> bool:
    """True if two boxes hold parts of one line of text."""
    if not run_alike(box, line, size_wh):
        return False
    one, other = spans(box, line, size_wh)
    width, height = shared(one, other)
    agreement = height / (one.height + other.height - height)
    return agreement >= SAME_HEIGHTS and width >= SHARED_WIDTH * min(one.width, other.width)


def run_alike(box: Detection, line: Detection, size_wh: tuple[int, int]) -> bool:
    """True if two lines run in about the same direction, or in opposite ones: detectors do not tell which."""
    return difference(2 * direction_of(box, size_wh), 2 * direction_of(line, size_wh)) < 2 * ALIKE


def hulls_meet(one: Detection, other: Detection) -> bool:
    """True if the upright boxes have anything in common."""
    return (
        min(one.x + one.w, other.x + other.w) > max(one.x, other.x)
        and min(one.y + one.h, other.y + other.h) > max(one.y, other.y)
    )  # fmt: skip


def spans(box: Detection, line: Detection, size_wh: tuple[int, int]) -> tuple[Span, Span]:
    """The spans of a box and a line on the line's axes."""
    direction = direction_of(line, size_wh)
    return span_of(box, direction, size_wh), span_of(line, direction, size_wh)


def shared(one: Span, other: Span) -> tuple[float, float]:
    """Width and height of what two spans have in common; negative where they lie apart."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width, height


def shared_area(box: Detection, line: Detection, size_wh: tuple[int, int]) -> float:
    """The area of what a box and a line have in common, in pixels."""
    if box.polygon is None and line.polygon is None:
        width, height = shared(*spans(box, line, size_wh))
        return max(width, 0) * max(height, 0)
    import cv2
    import numpy as np

    one, other = (np.array(each.polygon_pixels(size_wh), np.float32) for each in (box, line))
    return float(cv2.intersectConvexConvex(one, other)[0])


def area(box: Detection, size_wh: tuple[int, int]) -> float:
    """The area of a box, in pixels."""
    span = span_of(box, direction_of(box, size_wh), size_wh)
    return span.width * span.height


def widened(line: Detection, box: Detection, size_wh: tuple[int, int]) -> Detection:
    """The first box, reaching as far along its line as the second."""
    if line.polygon is None:
        x = min(line.x, box.x)
        return replace(line, x=x, w=max(line.x + line.w, box.x + box.w) - x)
    other, own = spans(box, line, size_wh)
    longer = replace(own, left=min(own.left, other.left), right=max(own.right, other.right))
    return box_of(longer, direction_of(line, size_wh), size_wh, line)
