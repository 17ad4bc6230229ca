"""Frames come onto one of few canvases, of which the detector sees no more at once than the memory allows."""

import numpy as np
import pytest

from pipelines.engine.readers.easyocr.canvas import (
    CANVASES_HW,
    CELL,
    MOST_PIXELS,
    STEP,
    Canvas,
    Image,
    Maps,
    best_canvas,
    maps_of,
)

# The detector makes its input so many times smaller, and letters beside what it sees change so many pixels.
COARSEST, AT_LEAST = 16, 96


def numbered(height: int, width: int) -> Image:
    """A canvas whose pixels tell where they are: no two cells of a row or a column are alike."""
    ys, xs = np.mgrid[:height, :width]
    return np.stack([ys // CELL % 256, xs // CELL % 256, ys // 512 * 16 + xs // 512], axis=2)[None].astype(
        np.uint8
    )


@pytest.mark.parametrize("canvas_hw", CANVASES_HW)
def test_the_detector_sees_no_more_than_it_may_and_the_maps_are_those_of_the_whole(
    canvas_hw: tuple[int, int],
) -> None:
    seen: list[Image] = []

    def find(picture: Image) -> Maps:
        seen.append(picture)
        return picture[0, ::CELL, ::CELL].astype(np.float32)

    picture = numbered(*canvas_hw)
    maps = maps_of(picture, find)

    assert np.array_equal(maps, picture[0, ::CELL, ::CELL])
    assert all(part.shape[1] * part.shape[2] <= MOST_PIXELS for part in seen)
    assert len(seen) == (2 if np.prod(canvas_hw) > MOST_PIXELS else 1)
    for part in seen:
        assert part.shape[1] % COARSEST == part.shape[2] % COARSEST == 0


@pytest.mark.parametrize("canvas_hw", [(736, 1280), (1280, 736), (960, 960)])
def test_both_parts_see_what_lies_about_the_middle(canvas_hw: tuple[int, int]) -> None:
    seen: list[Image] = []

    def find(picture: Image) -> Maps:
        seen.append(picture)
        return picture[0, ::CELL, ::CELL].astype(np.float32)

    maps_of(np.zeros((1, *canvas_hw, 3), np.uint8), find)

    overlap = sum(part.shape[1] * part.shape[2] for part in seen) - canvas_hw[0] * canvas_hw[1]
    assert overlap / min(canvas_hw) >= 2 * AT_LEAST


def test_each_canvas_has_whole_steps() -> None:
    for height, width in CANVASES_HW:
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
