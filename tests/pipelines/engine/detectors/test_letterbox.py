"""Frames of any shape are letterboxed into a network's input, whose size is limited."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.detectors.letterbox import MAX_INPUT_PIXELS, Letterbox, longest_side

SIDES = st.one_of(st.integers(1, 40), st.integers(1, 5000), st.sampled_from([1, 2, 3, 20, 100, 65_500]))


@given(st.tuples(SIDES, SIDES), st.integers(32, 4096), st.sampled_from([32, 64]))
def test_no_frame_makes_the_input_larger_than_its_bound(
    frame_hw: tuple[int, int], imgsz: int, stride: int
) -> None:
    letterbox = Letterbox.of(frame_hw, imgsz, stride)

    assert np.prod(letterbox.input_hw) <= MAX_INPUT_PIXELS
    assert all(side % stride == 0 for side in letterbox.input_hw)
    assert max(letterbox.inner_hw) <= imgsz


@pytest.mark.parametrize(
    ("frame_hw", "imgsz", "side"),
    [((480, 640), 640, 640), ((2000, 2000), 2048, 2048), ((1, 65_500), 4096, 4096), ((500, 500), 4096, 2016)],
)
def test_what_fits_is_as_large_as_asked(frame_hw: tuple[int, int], imgsz: int, side: int) -> None:
    assert longest_side(frame_hw, imgsz, 32) == side


@given(st.tuples(SIDES, SIDES), st.integers(2049, 4096))
def test_what_does_not_fit_uses_most_of_the_bound(frame_hw: tuple[int, int], imgsz: int) -> None:
    letterbox = Letterbox.of(frame_hw, imgsz, 32)

    assert max(letterbox.inner_hw) >= imgsz - 1 or np.prod(letterbox.input_hw) > 0.9 * MAX_INPUT_PIXELS


def test_boxes_come_back_to_where_they_are_on_a_slim_frame() -> None:
    letterbox = Letterbox.of((2000, 3), 640, 32)
    box = np.array(
        [[*letterbox.corner, letterbox.corner[0] + letterbox.inner_hw[1], letterbox.inner_hw[0] / 2]],
        np.float32,
    )

    assert np.allclose(letterbox.to_frame(box), [[0, 0, 3, 1000]], atol=0.2)
    assert letterbox.apply(np.zeros((2000, 3, 3), np.uint8)).shape == (1, 640, 32, 3)
