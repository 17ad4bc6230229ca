"""Boxes of text are followed with room around them, on a small picture that shows nothing else."""

import math
from typing import Any

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.tools.ocr import follower
from pipelines.tools.ocr.follower import CORNERS, GREY, SETTINGS, Follower, text_alone, with_margin
from pipelines.tools.yolo.tracker import TrackerSettings
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, line_at


def test_a_level_box_gets_half_its_height_around_it_and_the_full_score() -> None:
    box = with_margin(Detection(0.25, 0.5, 0.25, 0.125, "text", 0.3), (640, 480))

    air_x, air_y = 30 / 640, 30 / 480
    assert (box.x, box.y) == pytest.approx((0.25 - air_x, 0.5 - air_y))
    assert (box.w, box.h) == pytest.approx((0.25 + 2 * air_x, 0.125 + 2 * air_y))
    assert box.score == 1.0


def test_a_slanted_box_is_as_large_as_its_line_and_stays_where_it_is() -> None:
    line = line_at((320, 240), (200, 20), 45)
    box = with_margin(line, SIZE_WH)

    side = 220 / math.sqrt(2)
    length = side * math.sqrt(200 * 20) / side + 20
    assert (box.w * 640, box.h * 480) == pytest.approx((length, length))
    assert (box.x + box.w / 2, box.y + box.h / 2) == pytest.approx((0.5, 0.5))


def test_a_box_smaller_than_a_pixel_gets_its_margin_too() -> None:
    box = with_margin(Detection(0.5, 0.5, 0.5 / 640, 0.5 / 480, "text", 0.3), (640, 480))
    assert (box.w * 640, box.h * 480) == pytest.approx((1.0, 1.0))


def test_a_box_without_a_size_does_no_harm() -> None:
    box = with_margin(Detection(0.5, 0.5, 0.0, 0.0, "text", 0.3), (640, 480))
    assert (box.x, box.y, box.w, box.h) == (0.5, 0.5, 0.0, 0.0)


@pytest.mark.parametrize(
    ("size_wh", "small_wh"),
    [
        ((640, 480), (320, 240)),
        ((960, 540), (480, 270)),
        ((1920, 1080), (480, 270)),
        ((1000, 1), (480, 1)),
        ((1, 1000), (1, 480)),
    ],
)
def test_the_picture_is_small_and_grey(size_wh: tuple[int, int], small_wh: tuple[int, int]) -> None:
    picture = text_alone(np.zeros((size_wh[1], size_wh[0], 3), np.uint8), [])

    assert picture.shape == (small_wh[1], small_wh[0], 1)
    assert set(np.unique(picture)) == {GREY}


def test_the_picture_shows_the_boxes_alone() -> None:
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[:] = (255, 0, 0)
    inside, beyond = Detection(0.25, 0.5, 0.25, 0.25, "text", 1), Detection(-0.1, -0.1, 0.2, 0.2, "text", 1)
    picture = text_alone(frame, [inside, beyond])[:, :, 0]

    blue = 29
    expected = np.full((240, 320), GREY, np.uint8)
    expected[120:180, 80:160] = blue
    expected[0:24, 0:32] = blue
    assert np.array_equal(picture, expected)


def test_each_box_has_the_number_of_its_track(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Tracker:
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append((arguments, options))

        def update(self, boxes: list[Detection], picture: Any) -> dict[int, int]:
            made.append((boxes, picture.shape))
            return {0: 4, 2: 9}

    monkeypatch.setattr(follower, "Tracker", Tracker)
    boxes = [Detection(0.1, 0.1 * row, 0.3, 0.05, "text", 0.5) for row in range(3)]
    keys = Follower().keys(boxes, np.zeros((480, 640, 3), np.uint8))

    assert keys == [4, None, 9]
    assert made == [
        (("botsort", SETTINGS), {"shrink": 1, "corners": CORNERS}),
        ([with_margin(box, (640, 480)) for box in boxes], (240, 320, 1)),
    ]
    assert TrackerSettings(high=0.0, low=0.0, match=0.8, keep_frames=30) == SETTINGS
