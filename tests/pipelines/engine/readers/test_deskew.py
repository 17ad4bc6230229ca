"""Slanted lines are made level before they are read, and level ones are left alone."""

import math

import cv2
import numpy as np
import pytest

from pipelines.engine.readers.deskew import Image, slope_of, straightened

LINE = "Seven quick foxes"


def crop_of(text: str, degrees: float, noise: float = 4) -> Image:
    """The upright box around a line of text that falls by an angle, as a detector would cut it out."""
    (width, height), under = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1, 2)
    page = np.full((2 * width, 2 * width, 3), 200, np.uint8)
    at = width // 2, width + height // 2
    cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1, (30, 30, 30), 2, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((width, width), -degrees, 1)
    page = cv2.warpAffine(page, turn, (2 * width, 2 * width), borderMode=cv2.BORDER_REPLICATE)
    page = np.clip(page + np.random.default_rng(1).normal(0, noise, page.shape), 0, 255).astype(np.uint8)
    corners = np.array([(0, -height), (width, -height), (width, under), (0, under)], float) + at
    turned = corners @ turn[:, :2].T + turn[:, 2]
    (x0, y0), (x1, y1) = turned.min(axis=0).astype(int) - 3, turned.max(axis=0).astype(int) + 4
    return np.ascontiguousarray(page[y0:y1, x0:x1])


@pytest.mark.parametrize("degrees", [-16, -9, -5, 5, 8, 16])
def test_the_slope_of_a_line_is_found(degrees: float) -> None:
    assert math.degrees(math.atan(slope_of(crop_of(LINE, degrees)))) == pytest.approx(degrees, abs=2.1)


@pytest.mark.parametrize("degrees", [-14, 7, 14])
def test_a_slanted_line_becomes_a_level_one(degrees: float) -> None:
    slanted, level = crop_of(LINE, degrees), crop_of(LINE, 0)
    straight = straightened(slanted)
    assert straight.shape[1] == slanted.shape[1]
    assert straight.shape[0] == pytest.approx(level.shape[0], abs=10)
    assert slope_of(straight) == 0


@pytest.mark.parametrize("noise", [0, 4, 25])
def test_a_level_line_is_left_alone(noise: float) -> None:
    crop = crop_of(LINE, 0, noise)
    assert straightened(crop) is crop


@pytest.mark.parametrize("shape", [(40, 40, 3), (60, 20, 3), (1, 1, 3), (1, 50, 3), (3, 900, 3)])
def test_what_shows_no_direction_is_left_alone(shape: tuple[int, int, int]) -> None:
    crop = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    assert straightened(crop).shape[1] == shape[1]
    blank = np.full(shape, 130, np.uint8)
    assert straightened(blank) is blank


def test_a_turned_view_can_be_straightened() -> None:
    """Tall boxes are turned by a view into the frame, which is not contiguous."""
    upright = np.ascontiguousarray(np.rot90(crop_of(LINE, 8)))
    assert slope_of(np.rot90(upright, 3)) == pytest.approx(math.tan(math.radians(8)), abs=0.04)
