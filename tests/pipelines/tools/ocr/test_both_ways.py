"""A line that may be upside down is read both ways, and the better reading is kept."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.engine.readers.calibration import RAPIDOCR
from pipelines.engine.readers.text_reader import Image, PixelBox, Reading
from pipelines.tools.ocr.both_ways import SURE_WAY, UNDECIDED, ReadLine, is_usual, read_both_ways
from pipelines.tools.ocr.line_axes import direction_of
from pipelines.tools.ocr.line_ways import MOST_LINES, LineWays
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, WayReader, frame_with, line_at

SURE = SURE_WAY["rapidocr"]


def read(box: Detection, right: Reading, wrong: Reading, shown: float = 0) -> tuple[ReadLine, WayReader]:
    """The reading of a line that stands turned by `shown` degrees beside what its box says."""
    reader = WayReader(right, wrong)
    standing = line_at((320, 240), (200, 30), shown)
    (line,) = read_both_ways(reader, frame_with(standing), [box], [SURE], RAPIDOCR)
    return line, reader


@pytest.mark.parametrize(
    ("degrees", "usual"), [(0, True), (44, True), (-44, True), (46, False), (-46, False), (180, False)]
)
def test_a_line_usually_runs_more_to_the_right_than_up_or_down(degrees: float, usual: bool) -> None:
    assert is_usual(line_at((320, 240), (200, 30), degrees), SIZE_WH) is usual


@pytest.mark.parametrize("degrees", [0, 7, 30, 90, -90, 140])
def test_a_sure_line_is_read_once_and_stays_as_it_was_found(degrees: float) -> None:
    box = line_at((320, 240), (200, 30), degrees)
    line, reader = read(box, Reading("ABCD", 0.99), Reading("XX", 0.9), degrees)

    assert line == ReadLine(box, Reading("ABCD", 0.99))
    assert len(reader.crops) == 1


@pytest.mark.parametrize("degrees", [0, 30, 90, -75])
def test_a_line_upside_down_is_turned_and_says_so(degrees: float) -> None:
    box = line_at((320, 240), (200, 30), degrees)
    line, reader = read(box, Reading("HOTEL 24", 1.0), Reading("HO24", 0.9), degrees + 180)

    assert line.reading == Reading("HOTEL 24", 1.0)
    assert len(reader.crops) == 2
    assert line.box.polygon is not None
    assert box.polygon is not None
    assert line.box.polygon == pytest.approx(np.array([*box.polygon[2:], *box.polygon[:2]]))
    assert (line.box.x, line.box.y, line.box.w, line.box.h) == (box.x, box.y, box.w, box.h)


def test_a_box_without_corners_that_is_upside_down_gets_them() -> None:
    box = Detection(0.3, 0.45, 0.4, 0.1, "text", 0.9)
    line, _ = read(box, Reading("HOTEL 24", 1.0), Reading("HO24", 0.9), 180)

    assert line.reading.text == "HOTEL 24"
    assert line.box.polygon == pytest.approx(np.array([(0.7, 0.55), (0.3, 0.55), (0.3, 0.45), (0.7, 0.45)]))


def test_more_letters_count_more_than_a_surer_few() -> None:
    line, _ = read(line_at((320, 240), (200, 30)), Reading("NORWICH", 0.85), Reading("NOCH", 0.95), 180)

    assert line.reading.text == "NORWICH"


def test_digits_that_read_as_well_upside_down_are_taken_as_they_usually_stand() -> None:
    line, _ = read(line_at((320, 240), (200, 30)), Reading("66", 0.9), Reading("99", 0.88))

    assert line.reading == Reading("66", 0.9)


def test_where_nobody_knows_no_reading_is_sure() -> None:
    line, _ = read(line_at((320, 240), (200, 30), 90), Reading("66", 0.9), Reading("99", 0.88), 90)
    assert line.reading.score == UNDECIDED == 0.6

    line, _ = read(line_at((320, 240), (200, 30), 90), Reading("NOON", 0.9), Reading("NOON", 0.88), 90)
    assert line.reading == Reading("NOON", 0.9)


@pytest.mark.parametrize("degrees", [90, -90])
def test_where_it_is_not_clear_the_lines_around_decide(degrees: float) -> None:
    """The second line's box runs down; the first one shows that the sheet's lines run the other way."""

    class Two(WayReader):
        def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
            found = super().read(image_bgr, boxes_xyxy)
            narrow = [crop.shape[0] < 35 for crop in self.crops[-len(found) :]]
            unclear = {"ABCD": Reading("66", 0.88), "VB": Reading("99", 0.9)}
            return [unclear[one.text] if small else one for one, small in zip(found, narrow, strict=True)]

    standing = [line_at((200, 240), (200, 40), degrees), line_at((400, 240), (200, 20), degrees)]
    image = np.minimum(*(frame_with(line) for line in standing))
    boxes = [standing[0], line_at((400, 240), (200, 20), degrees + 180)]

    lines = read_both_ways(Two(Reading("ABCD", 0.99), Reading("VB", 0.9)), image, boxes, [SURE] * 2, RAPIDOCR)

    assert [line.reading for line in lines] == [Reading("ABCD", 0.99), Reading("66", 0.88)]
    assert direction_of(lines[1].box, SIZE_WH) == pytest.approx(direction_of(standing[1], SIZE_WH))


def test_digits_that_read_surely_upside_down_go_with_the_lines_around() -> None:
    """Two lines of a page that stands on its head read better turned, so that a lone 9 was a 6."""

    class Page(WayReader):
        def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
            found = super().read(image_bgr, boxes_xyxy)
            short = [crop.shape[1] < 150 for crop in self.crops[-len(found) :]]
            digits = {"NORWICH": Reading("9", 0.99), "NOCH": Reading("6", 1.0)}
            return [digits[one.text] if lone else one for one, lone in zip(found, short, strict=True)]

    standing = [line_at((320, 100 + 100 * row), (200 if row else 60, 30), 180) for row in range(3)]
    image = np.minimum.reduce([frame_with(line) for line in standing])
    level = [line_at((320, 100 + 100 * row), (200 if row else 60, 30)) for row in range(3)]

    lines = read_both_ways(
        Page(Reading("NORWICH", 0.99), Reading("NOCH", 0.9)), image, level, [SURE] * 3, RAPIDOCR
    )

    assert [line.reading.text for line in lines] == ["9", "NORWICH", "NORWICH"]
    assert all(abs(direction_of(line.box, SIZE_WH)) == pytest.approx(np.pi) for line in lines)


@pytest.mark.parametrize("score", [0.0, 0.2])
def test_what_is_no_text_is_not_read_again(score: float) -> None:
    _, reader = read(line_at((320, 240), (200, 30), 30), Reading("~", score), Reading("ABCD", 0.9), 30)

    assert len(reader.crops) == 1


def test_what_readers_turn_by_themselves_is_not_read_again() -> None:
    box = Detection(0.4, 0.2, 0.05, 0.5, "text", 0.9)
    reader = WayReader(Reading("AB", 0.7), Reading("AB", 0.7))
    (line,) = read_both_ways(reader, np.zeros((480, 640, 3), np.uint8), [box], [SURE], RAPIDOCR)

    assert len(reader.crops) == 1
    assert line.box is box


class TestLineWays:
    def test_a_line_stays_the_way_up_that_it_was_read(self) -> None:
        ways = LineWays()
        ways.note(7, line_at((320, 240), (200, 30), 89), SIZE_WH)

        for degrees in (91, -88, 93, -86, -80, -60, -20, 10):
            (box,) = ways.follow([7], [line_at((320, 240), (200, 30), degrees)], SIZE_WH)
            angle = np.degrees(direction_of(box, SIZE_WH)) % 360
            expected = degrees % 180 + (180 if degrees == 10 else 0)
            assert angle == pytest.approx(expected)

    def test_what_was_never_read_stays_as_it_is_found(self) -> None:
        ways, boxes = LineWays(), [line_at((320, 240), (200, 30), 200)] * 2

        assert ways.follow([1, None], boxes, SIZE_WH) == boxes
        assert not ways.knows(1)
        assert not ways.knows(None)

    def test_a_new_line_is_taken_to_stand_as_the_others_do(self) -> None:
        ways = LineWays()
        known = line_at((320, 200), (200, 30), 185)
        ways.note(1, known, SIZE_WH)
        new, across = line_at((320, 240), (200, 30), 2), line_at((320, 240), (200, 30), 95)

        _, turned, left = ways.follow([1, 2, None], [known, new, across], SIZE_WH)

        assert np.degrees(direction_of(turned, SIZE_WH)) % 360 == pytest.approx(182)
        assert left == across
        assert not ways.knows(2)

    def test_the_oldest_lines_are_forgotten(self) -> None:
        ways, box = LineWays(), line_at((320, 240), (200, 30))
        for key in range(MOST_LINES + 1):
            ways.note(key, box, SIZE_WH)

        assert not ways.knows(0)
        assert ways.knows(1)
        assert ways.knows(MOST_LINES)
