"""Zones, a line, and boxes that stand somewhere."""

from pipelines.detections import Detection

LEFT = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
LOWER = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]
ROAD = {"road": [[0.2, 0.5], [0.8, 0.5]]}


def at(x: float, y: float, track_id: int | None = 1, label: str = "car") -> Detection:
    """A box that stands there."""
    return Detection(x - 0.05, y - 0.1, 0.1, 0.1, label, 0.9, track_id=track_id)
