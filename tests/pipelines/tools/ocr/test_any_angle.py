"""RapidOCR reads a sign at any angle, in a box with corners and on the whole frame."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pictures
from PIL import ImageDraw

from pipelines.evaluation.turning import turned as turned_picture
from pipelines.tools.base import RunContext
from pipelines.tools.ocr.line_axes import direction_of, upside_down
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from tests.browser.videos import font
from tests.pipelines.tools.conftest import Image, MakeContext
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, line_at

pytestmark = pytest.mark.model
SIGN = "HOTEL 24"
ANGLES = (0, 15, 45, 90, 180, 270)


def sign(degrees: float) -> Image:
    """A frame of 640x480 with a sign that is turned around its middle."""
    side = Pictures.new("RGB", (800, 800), (235, 235, 228))
    ImageDraw.Draw(side).text((400, 400), SIGN, fill=(30, 30, 60), font=font(60), anchor="mm")
    whole = turned_picture(np.asarray(side, np.uint8), degrees)
    top, left = (whole.shape[0] - SIZE_WH[1]) // 2, (whole.shape[1] - SIZE_WH[0]) // 2
    return np.ascontiguousarray(whole[top : top + SIZE_WH[1], left : left + SIZE_WH[0]])


@pytest.fixture
def reader(make_context: MakeContext) -> ReadTool:
    return ReadTool(ReadParams(), make_context())


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize("is_found_upside_down", [False, True])
def test_a_box_with_corners_is_read_whichever_way_up_it_was_found(
    reader: ReadTool, degrees: float, is_found_upside_down: bool
) -> None:
    box = line_at((320, 240), (300, 50), degrees)
    given = upside_down(box) if is_found_upside_down else box

    outputs = reader.run({"image": sign(degrees), "detections": [given]}, RunContext(1))

    (found,) = outputs["detections"]
    assert outputs["text"] == found.text == SIGN
    assert found.text_score > 0.9
    assert direction_of(found, SIZE_WH) == pytest.approx(direction_of(box, SIZE_WH))


@pytest.mark.parametrize("degrees", [0, 180])
def test_a_box_without_corners_is_read_upside_down(reader: ReadTool, degrees: float) -> None:
    box = replace(line_at((320, 240), (300, 50)), polygon=None)

    assert reader.run({"image": sign(degrees), "detections": [box]}, RunContext(1))["text"] == SIGN


@pytest.mark.parametrize("degrees", ANGLES)
def test_the_whole_frame_is_read_at_any_angle(reader: ReadTool, degrees: float) -> None:
    outputs = reader.run({"image": sign(degrees)}, RunContext(1))

    (found,) = outputs["detections"]
    assert outputs["text"] == SIGN
    assert found.polygon is not None
    apart = np.degrees(direction_of(found, SIZE_WH)) - degrees
    assert (apart + 180) % 360 - 180 == pytest.approx(0, abs=3)
