"""The scale that is told is the one at which the readers really work."""

import numpy as np
import pytest

from pipelines.engine.readers.easyocr.canvas import LONGEST as LONGEST_CANVAS
from pipelines.engine.readers.easyocr.canvas import Canvas
from pipelines.engine.readers.pieces import pieces_of_frame
from pipelines.engine.readers.text_finder_input import LONGEST, MAX_INPUT_PIXELS, TextFinderInput
from pipelines.tools.ocr.frame_scale import frame_scale, made_smaller

SIZES_HW = [
    (480, 640),
    (1080, 1920),
    (1900, 1900),
    (2160, 3840),
    (3840, 2160),
    (3000, 4000),
    (2400, 2000),
    (2600, 2100),
    (4000, 3900),
    (400, 4000),
    (300, 9000),
    (20_000, 500),
    (65_500, 1),
    (1, 65_500),
]


def blank(size_hw: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.zeros((*size_hw, 3), np.uint8)


@pytest.mark.parametrize("size_hw", SIZES_HW)
def test_rapidocr_works_at_this_scale(size_hw: tuple[int, int]) -> None:
    scales = []
    for piece in pieces_of_frame(blank(size_hw), LONGEST, MAX_INPUT_PIXELS):
        height, width = piece.image_bgr.shape[:2]
        along = TextFinderInput.of(piece.image_bgr).scale_xy[0 if width >= height else 1]
        scales.append(piece.scale * min(along, 1.0))

    # The input has whole steps of 32 pixels.
    assert frame_scale("rapidocr", blank(size_hw)) == pytest.approx(min(scales), rel=0.02)


@pytest.mark.parametrize("size_hw", SIZES_HW)
def test_easyocr_works_at_this_scale(size_hw: tuple[int, int]) -> None:
    scales = [
        piece.scale * Canvas.of(piece.image_bgr).scale
        for piece in pieces_of_frame(blank(size_hw), LONGEST_CANVAS)
    ]

    assert frame_scale("easyocr", blank(size_hw)) == pytest.approx(min(scales), rel=0.001)


@pytest.mark.parametrize("size_hw", [(480, 640), (1080, 1920), (1900, 1900), (300, 9000)])
def test_nothing_is_said_of_what_is_read_as_it_is(size_hw: tuple[int, int]) -> None:
    assert made_smaller("rapidocr", blank(size_hw)) is None


def test_what_is_said() -> None:
    assert made_smaller("rapidocr", blank((2160, 3840))) == (
        "rapidocr sees 2000 pixels on the longer side instead of 3840: small letters may be missed"
    )
