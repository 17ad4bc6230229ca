"""The slope of lines of text, measured on drawn ones."""

import cv2
import numpy as np
import pytest

from pipelines.evaluation.turning import turned
from pipelines.tools.yolo.line_slope import MOST_DEGREES, slope_of


def line(degrees: float) -> np.ndarray:
    """A line of text on paper that slopes clockwise."""
    paper = np.full((120, 480, 3), 230, np.uint8)
    cv2.putText(paper, "DEPARTURES AND ARRIVALS", (20, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30), 2)
    return turned(paper, degrees)


def inner_box(image: np.ndarray) -> np.ndarray:
    dark = np.argwhere(image.max(axis=2) < 100)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    return np.array([left, top, right, bottom], np.float32)


@pytest.mark.parametrize("degrees", [-10, -6, -3, 0, 3, 6, 10])
def test_the_slope_of_a_line_is_its_angle(degrees: int) -> None:
    image = line(degrees)

    assert slope_of(image, [inner_box(image)]) == pytest.approx(degrees, abs=1)


def test_what_slopes_more_is_told_as_the_most_that_can_be_told() -> None:
    image = line(20)

    assert slope_of(image, [inner_box(image)]) in (MOST_DEGREES - 1, MOST_DEGREES)


@pytest.mark.parametrize(
    "box", [(0, 0, 20, 4), (0, 0, 60, 40), (900, 0, 990, 20)], ids=["short", "square", "outside"]
)
def test_a_box_that_is_not_long_tells_nothing(box: tuple[int, ...]) -> None:
    assert slope_of(line(5), [np.array(box, np.float32)]) is None


@pytest.mark.parametrize(
    ("width", "height", "tells"), [(100, 50, True), (99, 50, False), (24, 8, True), (23, 8, False)]
)
def test_a_box_must_be_so_long(width: int, height: int, tells: bool) -> None:
    box = np.array([100, 45, 100 + width, 45 + height], np.float32)
    assert (slope_of(line(0), [box]) is not None) is tells


def test_no_box_and_no_edge_tell_nothing() -> None:
    plain = np.full((80, 200, 3), 128, np.uint8)

    assert slope_of(plain, []) is None
    assert slope_of(plain, [np.array([0, 0, 199, 40], np.float32)]) is None


def test_the_longest_boxes_decide() -> None:
    image = np.full((600, 900, 3), 230, np.uint8)
    image[:300, :] = cv2.resize(line(0), (900, 300))
    sloping = line(8)
    image[300 : 300 + sloping.shape[0], : sloping.shape[1]] = sloping
    short = np.array([40, 340, 300, 420], np.float32)
    long_ones = [np.array([0, 20 + shift, 899, 250], np.float32) for shift in range(6)]

    assert slope_of(image, [short, *long_ones]) == 0
