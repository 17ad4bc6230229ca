"""Remembers of the lines of a live session which way up each is."""

import math
from collections import OrderedDict
from collections.abc import Sequence

from pipelines.detections import Detection
from pipelines.tools.ocr.line_axes import difference, direction_of, upside_down, votes_for

MOST_LINES = 1000
QUARTER = math.pi / 2


class LineWays:
    """The direction of each line that was read, which may turn slowly from frame to frame."""

    def __init__(self) -> None:
        self._directions: OrderedDict[int, float] = OrderedDict()

    def knows(self, key: int | None) -> bool:
        """True if a line was read, so that it is known which way up it is."""
        return key in self._directions

    def follow(
        self, keys: Sequence[int | None], boxes: Sequence[Detection], size_wh: tuple[int, int]
    ) -> list[Detection]:
        """The boxes the way up that they were before: a detector says so anew on each frame, and guesses.

        New ones are taken to stand as the known lines do that run alike.
        """
        known = [self._directions[key] for key in keys if key is not None and key in self._directions]
        return [
            self._as_before(key, box, size_wh) if self.knows(key) else as_others(box, known, size_wh)
            for key, box in zip(keys, boxes, strict=True)
        ]

    def note(self, key: int, box: Detection, size_wh: tuple[int, int]) -> None:
        """Keep which way up a line is that was read."""
        self._directions[key] = direction_of(box, size_wh)
        self._directions.move_to_end(key)
        if len(self._directions) > MOST_LINES:
            self._directions.popitem(last=False)

    def _as_before(self, key: int | None, box: Detection, size_wh: tuple[int, int]) -> Detection:
        assert key is not None, "only lines with a key are known"
        if difference(direction_of(box, size_wh), self._directions[key]) > QUARTER:
            box = upside_down(box)
        self.note(key, box, size_wh)
        return box


def as_others(box: Detection, directions: Sequence[float], size_wh: tuple[int, int]) -> Detection:
    """The box turned upside down where more lines run against it than with it."""
    return upside_down(box) if votes_for(direction_of(box, size_wh), directions) < 0 else box
