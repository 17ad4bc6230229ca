"""Makes one box of the several that a detector may give for one line of text."""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.detections import Detection

# Two boxes are parts of one line where what they cover of the frame's height agrees so far (intersection over
# union) and they share so much of the narrower one's width.
SAME_HEIGHTS = 0.6
SHARED_WIDTH = 0.3
# Of two that do not agree, as a line and two lines taken for one, the worse goes if so much of one is shared.
SWALLOWED = 0.8
# Less is enough for a far worse guess. Upright boxes of slanted lines share as much, but are about as good.
COVERED, FAR_WORSE = 0.5, 0.6


def joined_lines(boxes: Iterable[Detection]) -> list[Detection]:
    """The boxes with those of one line joined into one, best scores first.

    A joined box has score, track and height of its best part, and reaches from the first part to the last.
    """
    lines: list[Detection] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        place = next((place for place, line in enumerate(lines) if belongs(box, line)), None)
        if place is None:
            lines.append(box)
        elif is_same_line(box, lines[place]):
            lines[place] = widened(lines[place], box)
    return joined_lines(lines) if any_belongs(lines) else lines


def any_belongs(lines: list[Detection]) -> bool:
    """True if a line that grew now meets another."""
    return any(belongs(box, line) for place, line in enumerate(lines) for box in lines[place + 1 :])


def belongs(box: Detection, line: Detection) -> bool:
    """True if a box is a part of a better one, or a bad guess at it."""
    width, height = shared(box, line)
    if width <= 0 or height <= 0:
        return False
    covered = width * height / min(box.w * box.h, line.w * line.h)
    far_worse = min(box.score, line.score) < FAR_WORSE * max(box.score, line.score)
    return covered >= (COVERED if far_worse else SWALLOWED) or is_same_line(box, line)


def is_same_line(box: Detection, line: Detection) -> bool:
    """True if two boxes hold parts of one line of text."""
    width, height = shared(box, line)
    agreement = height / (box.h + line.h - height)
    return agreement >= SAME_HEIGHTS and width >= SHARED_WIDTH * min(box.w, line.w)


def shared(one: Detection, other: Detection) -> tuple[float, float]:
    """Width and height of what two boxes have in common; negative where they lie apart."""
    width = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    height = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return width, height


def widened(line: Detection, box: Detection) -> Detection:
    """The first box, reaching as far to the left and right as the second."""
    x = min(line.x, box.x)
    return replace(line, x=x, w=max(line.x + line.w, box.x + box.w) - x)
