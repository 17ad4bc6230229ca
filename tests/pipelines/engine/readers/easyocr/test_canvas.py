"""Frames come onto one of few canvases, none of which is larger than the memory allows."""

import numpy as np
import pytest

from pipelines.engine.readers.easyocr.canvas import CANVASES_HW, MOST_PIXELS, STEP, Canvas, best_canvas


def test_no_canvas_is_too_large_and_each_has_whole_steps() -> None:
    for height, width in CANVASES_HW:
        assert height * width <= MOST_PIXELS
        assert height % STEP == width % STEP == 0


@pytest.mark.parametrize(
    ("frame_hw", "canvas_hw", "scale"),
    [
        pytest.param((480, 640), (480, 640), 1, id="a camera"),
        pytest.param((640, 480), (640, 480), 1, id="a camera on its side"),
        pytest.param((720, 1280), (736, 1280), 1, id="a wide camera"),
        pytest.param((360, 640), (384, 640), 1, id="a small wide camera"),
        pytest.param((100, 80), (640, 96), 1, id="a tiny picture is not enlarged"),
        pytest.param((1664, 2240), (832, 1120), 0.5, id="a photograph is made smaller"),
    ],
)
def test_a_frame_comes_onto_the_smallest_canvas_that_shows_it_largest(
    frame_hw: tuple[int, int], canvas_hw: tuple[int, int], scale: float
) -> None:
    assert best_canvas(*frame_hw) == (scale, canvas_hw)


def test_the_frame_lies_in_the_left_upper_corner() -> None:
    canvas = Canvas.of(np.full((300, 400, 3), 9, np.uint8))
    assert canvas.picture.shape == (1, 320, 416, 3)
    assert canvas.scale == 1
    assert (canvas.picture[0, :300, :400] == 9).all()
    assert not canvas.picture[0, 300:].any()
    assert not canvas.picture[0, :, 400:].any()


@pytest.mark.parametrize("frame_hw", [(3000, 3000), (1, 2560), (2560, 1), (5, 5)])
def test_frames_of_any_shape_fit(frame_hw: tuple[int, int]) -> None:
    canvas = Canvas.of(np.full((*frame_hw, 3), 9, np.uint8))
    assert canvas.picture.any()
    assert canvas.picture.shape[1:3] in CANVASES_HW
