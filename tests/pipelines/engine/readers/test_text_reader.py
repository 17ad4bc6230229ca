"""The crops of a frame that are read."""

import pytest

from pipelines.detections import Detection
from pipelines.engine.readers.calibration import RAPIDOCR
from pipelines.engine.readers.text_reader import PixelBox, padded_box

FRAME_WH = (100, 200)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param((0.2, 0.4, 0.5, 0.1), (8, 77, 82, 103), id="a line gets more air along it than across"),
        pytest.param((0.4, 0.2, 0.2, 0.5), (37, 27, 63, 152), id="one that runs up gets it above and below"),
        pytest.param((0.0, 0.0, 1.0, 1.0), (0, 0, 100, 200), id="nothing beyond the frame"),
        pytest.param((0.5, 0.5, 0.001, 0.001), (49, 99, 51, 101), id="a speck is a few pixels"),
    ],
)
def test_a_crop_has_some_air(box: tuple[float, float, float, float], expected: PixelBox) -> None:
    assert padded_box(Detection(*box, "text", 0.9), FRAME_WH, RAPIDOCR) == expected
