"""Lines are cut out of a frame along their own axes, and laid out for the reader."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.engine.readers.calibration import RAPIDOCR
from pipelines.engine.readers.text_reader import Image, PixelBox, Reading, padded_box
from pipelines.tools.ocr import line_crops
from pipelines.tools.ocr.line_crops import crop_box, crop_of, is_level, padded_corners, read_crops
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, WayReader, frame_with, line_at

RIGHT, WRONG = Reading("ABCD", 0.99), Reading("VB", 0.8)


@pytest.mark.parametrize(
    ("degrees", "level"),
    [(0, True), (1, True), (3, False), (-3, False), (45, False), (90, False), (180, False)],
)
def test_what_hardly_rises_is_cut_out_as_it_stands(degrees: float, level: bool) -> None:
    box = line_at((300, 240), (200, 20), degrees)

    assert is_level(box, SIZE_WH) == level
    if level:
        assert crop_box(box, SIZE_WH, RAPIDOCR) == padded_box(box, SIZE_WH, RAPIDOCR)


def test_a_box_without_corners_is_level() -> None:
    assert is_level(Detection(0.1, 0.1, 0.5, 0.05, "text", 0.9), SIZE_WH)


@pytest.mark.parametrize("degrees", [7, 30, 45, 90, 135, 180, -15, -90])
def test_the_letters_of_a_crop_stand_upright(degrees: float) -> None:
    box = line_at((300, 240), (200, 40), degrees)
    image = frame_with(box)

    crop = crop_of(image, box, RAPIDOCR)
    assert crop.picture is not None
    assert crop.box_xyxy == (0, 0, crop.picture.shape[1], crop.picture.shape[0])
    height, width = crop.picture.shape[:2]
    assert (width, height) == pytest.approx((200 + 2 * 0.6 * 40, 40 + 2 * 0.15 * 40), abs=2)
    middle = crop.picture[height // 2, :, 0]
    assert (middle[40 : width // 2 - 8] == 40).all()
    assert (middle[width // 2 + 8 : width - 40] == 120).all()
    assert read_crops(WayReader(RIGHT, WRONG), image, [box], RAPIDOCR) == [RIGHT]


def test_level_and_turned_lines_are_read_in_their_order() -> None:
    boxes = [
        line_at((150, 100), (200, 30)),
        line_at((450, 240), (200, 30), 60),
        line_at((150, 400), (200, 30)),
    ]
    image = np.minimum.reduce([frame_with(box) for box in boxes])
    reader = WayReader(RIGHT, WRONG)

    assert read_crops(reader, image, boxes, RAPIDOCR) == [RIGHT] * 3
    assert [crop.shape[0] for crop in reader.crops] == pytest.approx([39, 39, 39], abs=2)


@pytest.mark.parametrize("degrees", [0, 30, -75, 180])
def test_a_turned_line_has_air_along_it_and_across(degrees: float) -> None:
    short, margins = 20, RAPIDOCR
    size = (200 + 2 * margins.padding_before * short, short + 2 * margins.padding_across * short)
    assert margins.padding_before == margins.padding_after
    grown = line_at((320, 240), size, degrees).polygon_pixels(SIZE_WH)

    found = padded_corners(line_at((320, 240), (200, short), degrees), SIZE_WH, margins)
    assert found == pytest.approx(np.array(grown), abs=0.01)


def test_nothing_to_read_asks_no_reader() -> None:
    assert read_crops(WayReader(RIGHT, WRONG), np.zeros((480, 640, 3), np.uint8), [], RAPIDOCR) == []


def test_many_lines_are_laid_on_several_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_crops, "SHEET_PIXELS", 30_000)
    boxes = [line_at((200 + 20 * number, 240), (150, 20), 90) for number in range(7)]
    image = np.minimum.reduce([frame_with(box) for box in boxes])
    sheets: list[tuple[int, ...]] = []

    class Noting(WayReader):
        def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
            sheets.append(image_bgr.shape)
            return super().read(image_bgr, boxes_xyxy)

    assert read_crops(Noting(RIGHT, WRONG), image, boxes, RAPIDOCR) == [RIGHT] * 7
    assert len(sheets) > 1
    assert all(height * width <= 30_000 for height, width, _ in sheets)


def test_corners_far_away_make_no_large_picture() -> None:
    box = Detection(0, 0, 1, 1, "text", 0.9, polygon=((-500, -900), (700, 300), (700, 600), (-500, -600)))

    crop = crop_of(np.zeros((48, 64, 3), np.uint8), box, RAPIDOCR)
    assert crop.picture is not None
    assert max(crop.picture.shape) <= 1.5 * 64


def test_corners_in_one_place_do_no_harm() -> None:
    box = Detection(0.5, 0.5, 0.1, 0.1, "text", 0.9, polygon=((0.5, 0.5),) * 4)

    assert len(read_crops(WayReader(RIGHT, WRONG), np.zeros((48, 64, 3), np.uint8), [box], RAPIDOCR)) == 1
