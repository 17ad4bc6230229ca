"""The views of a frame at an angle: what the network is asked, and where their boxes lie on the frame."""

import numpy as np

from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes
from pipelines.tools.yolo.any_angle import (
    CELLS,
    LEVEL,
    Angle,
    AnyAngle,
    cells_of,
    full_view,
    grid_of,
    level_view,
    small_view,
)

FRAME = np.full((480, 640, 3), 200, np.uint8)
NOTHING = FoundBoxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def test_the_network_is_asked_for_the_side_of_the_square_that_it_is_given() -> None:
    asked: list[DetectOptions] = []

    def find(image_bgr: np.ndarray, options: DetectOptions) -> FoundBoxes:
        assert image_bgr.shape == (options.imgsz, options.imgsz, 3)
        asked.append(options)
        return NOTHING

    for view in (small_view, full_view):
        assert view(FRAME, 22.5, DetectOptions(640, conf=0.4), find).slope == 0
    assert [options.imgsz for options in asked] == [512, 832]
    assert {options.conf for options in asked} == {0.4}


def test_where_nothing_is_found_nothing_slopes() -> None:
    assert level_view(NOTHING, FRAME).slope == 0
    assert level_view(NOTHING, FRAME).lines_at == 0


def test_a_box_over_the_whole_frame_covers_every_cell() -> None:
    rows, columns = grid_of((480, 640))
    assert (rows, columns) == (CELLS * 3 // 4 + 1, CELLS + 1)
    whole = np.array([[0, 0], [640, 0], [640, 480], [0, 480]], np.float32)
    assert set(zip(*cells_of(whole, (480, 640)), strict=True)) == set(np.ndindex(rows, columns))
    beside = whole + 700
    assert list(zip(*cells_of(beside, (480, 640)), strict=True)) == [(rows - 1, columns - 1)]


def test_what_is_level_or_known_is_no_other_angle() -> None:
    search = AnyAngle(live=True)
    assert search._is_other(LEVEL - 0.1) is False
    assert search._is_other(LEVEL) is True
    search.angles = [Angle(40.0)]
    assert search._is_other(46.9) is False
    assert search._is_other(47.0) is True
    search.angles.append(Angle(80.0))
    assert search._is_other(10.0) is False
