"""A frame that is full of small boxes is looked at again, closer."""

import numpy as np
import pytest

from pipelines.engine.detectors.nms import FoundBoxes
from pipelines.tools.yolo.closer_look import MANY, SMALL, CloserLook, is_dense

FRAME_HW, IMGSZ, CLOSER = (960, 1280), 640, 1280


def rows(count: int, height: int) -> FoundBoxes:
    """Lines of text of such a height in pixels, one below the other."""
    boxes = [(100, 40 * row, 500, 40 * row + height) for row in range(count)]
    return FoundBoxes(
        np.array(boxes, np.float32).reshape(-1, 4), np.ones(count, np.float32), np.zeros(count, np.int64)
    )


class Looks:
    """Finds the same boxes at any size, and notes the sizes."""

    def __init__(self, found: FoundBoxes) -> None:
        self.found = found
        self.sides: list[int] = []

    def __call__(self, side: int) -> FoundBoxes:
        self.sides.append(side)
        return self.found


@pytest.mark.parametrize(
    ("found", "dense"),
    [
        pytest.param(rows(MANY, 20), True, id="many small ones"),
        pytest.param(rows(MANY - 1, 20), False, id="few"),
        pytest.param(rows(MANY, 40), False, id="large ones"),
        pytest.param(rows(MANY, int(2 * SMALL) - 1), True, id="just small enough"),
        pytest.param(rows(MANY, int(2 * SMALL)), False, id="just large enough"),
        pytest.param(rows(0, 20), False, id="none"),
    ],
)
def test_what_is_dense(found: FoundBoxes, dense: bool) -> None:
    assert is_dense(found.boxes_xyxy, FRAME_HW, IMGSZ) is dense
    looks = Looks(found)
    CloserLook(CLOSER, keeps=False).find(looks, FRAME_HW, IMGSZ)
    assert looks.sides == ([IMGSZ, CLOSER] if dense else [IMGSZ])


def test_in_a_file_each_frame_is_looked_at_from_the_beginning() -> None:
    looks, closer = Looks(rows(MANY, 20)), CloserLook(CLOSER, keeps=False)
    for _ in range(2):
        closer.find(looks, FRAME_HW, IMGSZ)
    assert looks.sides == [IMGSZ, CLOSER] * 2


def test_a_live_session_looks_closely_for_as_long_as_frames_are_dense() -> None:
    looks, closer = Looks(rows(MANY, 20)), CloserLook(CLOSER, keeps=True)
    for count in (MANY, MANY, 3, 3, MANY):
        looks.found = rows(count, 20)
        closer.find(looks, FRAME_HW, IMGSZ)
    assert looks.sides == [IMGSZ, CLOSER, CLOSER, CLOSER, IMGSZ, IMGSZ, CLOSER]


@pytest.mark.parametrize(("closer", "frame_hw"), [(None, FRAME_HW), (CLOSER, (480, 640)), (700, FRAME_HW)])
def test_where_there_is_no_more_to_see(closer: int | None, frame_hw: tuple[int, int]) -> None:
    looks = Looks(rows(MANY, 4))
    CloserLook(closer, keeps=True).find(looks, frame_hw, IMGSZ)
    assert looks.sides == [IMGSZ]
