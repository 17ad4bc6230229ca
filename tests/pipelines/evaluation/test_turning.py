"""Pictures are turned as a whole."""

import numpy as np
import pytest

from pipelines.evaluation.turning import GREY, turned

PICTURE = np.zeros((40, 60, 3), np.uint8)
PICTURE[:20, :30] = (255, 0, 0)
PICTURE[:20, 30:] = (0, 255, 0)


@pytest.mark.parametrize(
    ("degrees", "shape", "upper_left"),
    [(0, (40, 60), 255), (90, (60, 40), 0), (180, (40, 60), 0), (270, (60, 40), 0), (-360, (40, 60), 255)],
)
def test_quarter_turns_change_no_pixel(degrees: float, shape: tuple[int, int], upper_left: int) -> None:
    picture = turned(PICTURE, degrees)

    assert picture.shape[:2] == shape
    assert picture[0, 0, 0] == upper_left
    assert (turned(picture, -degrees) == PICTURE).all()


def test_after_a_quarter_turn_the_upper_left_is_at_the_right() -> None:
    assert (turned(PICTURE, 90)[:30, 20:] == (255, 0, 0)).all()


@pytest.mark.parametrize("degrees", [7, 45, 135, -30])
def test_all_of_the_picture_is_there_on_grey(degrees: float) -> None:
    picture = turned(PICTURE, degrees)

    assert (picture[0, 0] == GREY).all()
    for colour in ((255, 0, 0), (0, 255, 0)):
        assert (picture == colour).all(axis=2).sum() == pytest.approx(600, abs=60)
