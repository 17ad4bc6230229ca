"""Follows boxes of text where no tool before does; its numbers stay inside."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.detections import Detection
from pipelines.plugins.tracking import Tracker, TrackerSettings

# Lines are so thin that a small move leaves no overlap: compare them with this much of their height around.
MARGIN = 0.5
SETTINGS = TrackerSettings(high=0.0, low=0.0, match=0.8, keep_frames=30)


class Follower:
    """The lines of one live session."""

    def __init__(self) -> None:
        self._tracker = Tracker("bytetrack", SETTINGS)

    def keys(self, boxes: Sequence[Detection], size_wh: tuple[int, int]) -> list[int | None]:
        """A number for each box, the same one for as long as the line is seen; None where it is too new."""
        numbers = self._tracker.update([with_margin(box, size_wh) for box in boxes], None, size_wh)
        return [numbers.get(place) for place in range(len(boxes))]


def with_margin(box: Detection, size_wh: tuple[int, int]) -> Detection:
    """A larger box; with the full score, because the detector's says nothing of where the line went."""
    width, height = size_wh
    air = MARGIN * min(box.w * width, box.h * height)
    x_air, y_air = air / width, air / height
    return replace(box, x=box.x - x_air, y=box.y - y_air, w=box.w + 2 * x_air, h=box.h + 2 * y_air, score=1.0)
