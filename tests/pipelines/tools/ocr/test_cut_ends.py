"""Lines whose box ends within a word are read from farther out, and whole letters are added."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from pipelines.engine.readers.text_reader import FoundText, Image, PixelBox, Reading
from pipelines.tools.ocr.cut_ends import LEAST_HEIGHT, adds_letters, beyond, whole_box, with_cut_ends

LINE = "village market"


def picture(text: str = LINE) -> tuple[Image, PixelBox]:
    """Dark letters on light ground, and the box around them with one pixel of air."""
    image = np.full((80, 640, 3), 225, np.uint8)
    cv2.putText(image, text, (100, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30), 2, cv2.LINE_AA)
    rows, columns = np.nonzero(image.min(axis=2) < 150)
    return image, (columns.min() - 1, rows.min() - 1, columns.max() + 2, rows.max() + 2)


class Prefix:
    """Reads as much of the line as its box covers."""

    def __init__(self, whole: PixelBox, score: float = 0.9) -> None:
        self._whole, self._score = whole, score
        self.boxes: list[PixelBox] = []

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        self.boxes += boxes_xyxy
        left, _, right, _ = self._whole
        covered = [(min(box[2], right) - left) / (right - left) for box in boxes_xyxy]
        return [Reading(LINE[: round(len(LINE) * share)], self._score) for share in covered]

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        raise NotImplementedError


def moved(box: PixelBox, left: int = 0, right: int = 0) -> PixelBox:
    return box[0] + left, box[1], box[2] + right, box[3]


def test_a_box_that_holds_its_line_is_read_once() -> None:
    image, box = picture()
    reader = Prefix(box)
    assert whole_box(image, moved(box, -4, 4)) is None
    assert with_cut_ends(reader, image, [moved(box, -4, 4)], [Reading(LINE, 0.9)]) == [Reading(LINE, 0.9)]
    assert reader.boxes == []


@pytest.mark.parametrize("cut", [6, 14, 22])
def test_a_last_letter_beyond_the_box_is_read(cut: int) -> None:
    image, box = picture()
    reader = Prefix(box)
    short = reader.read(image, [moved(box, right=-cut)])
    wider = whole_box(image, moved(box, right=-cut))

    assert wider is not None
    assert wider[0] == box[0]
    assert box[2] - 3 <= wider[2] <= box[2] + 12
    assert with_cut_ends(reader, image, [moved(box, right=-cut)], short)[0].text == LINE


def test_a_first_letter_beyond_the_box_is_looked_for_too() -> None:
    image, box = picture()
    wider = whole_box(image, moved(box, left=10))
    assert wider is not None
    assert box[0] - 12 <= wider[0] <= box[0] + 3
    assert wider[2] == box[2]


def test_the_next_word_is_another_line() -> None:
    image, box = picture("village   market")
    gap = 24 * len("village")
    assert whole_box(image, (box[0], box[1], box[0] + gap - 40, box[3])) is None


def test_a_rule_that_goes_on_is_no_letter() -> None:
    image, box = picture()
    image[box[3] - 4 : box[3] - 2, :] = 30
    assert whole_box(image, moved(box, right=-10)) is None


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((100, 20, 160, 50), id="not long"),
        pytest.param((100, 20, 300, 20 + LEAST_HEIGHT - 1), id="low"),
        pytest.param((400, 2, 600, 40), id="nothing there"),
    ],
)
def test_what_tells_nothing_of_its_ends_is_left(box: PixelBox) -> None:
    assert whole_box(picture()[0], box) is None


def test_at_the_frames_edge_nothing_is_added() -> None:
    image, box = picture()
    assert whole_box(image[:, : box[2] - 10], moved(box, right=-10)) is None


@pytest.mark.parametrize(
    ("ink", "columns"),
    [("..", 0), ("##..", 0), ("####..", 2), ("##", 0), ("#######", 0), ("###.##..", 4)],
)
def test_how_far_a_word_goes_on(ink: str, columns: int) -> None:
    assert beyond(np.array([mark == "#" for mark in ink]), 2) == columns


@pytest.mark.parametrize(
    ("before", "wider", "score", "adds"),
    [
        ("marke", "market", 0.8, True),
        ("arket", "market", 0.9, True),
        ("marke", "market", 0.79, False),
        ("marke", "marke|", 0.9, False),
        ("marke", "morket", 0.9, False),
        ("Invoice total", "Invoice totall", 0.99, False),
        ("tota", "total", 0.9, False),
        ("simi", "similar", 0.9, True),
        ("marke", "marke", 0.9, False),
        ("marke", "markets sold", 0.9, False),
        ("", "market", 0.9, False),
        ("ma", "market", 0.9, True),
        ("m", "market", 0.9, False),
    ],
)
def test_only_a_few_letters_of_a_sure_reading_are_added(
    before: str, wider: str, score: float, adds: bool
) -> None:
    assert adds_letters(Reading(before, 0.9), Reading(wider, score)) is adds
