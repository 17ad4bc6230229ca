"""Broken lines are joined, words and neighbours are not, and a line has air where nothing else is."""

import numpy as np
import pytest

from pipelines.engine.readers.line_quads import AIR, Quad, whole_lines, with_air

SIZE_WH = (400, 200)


def quad(left: float, top: float, right: float, bottom: float, degrees: float = 0) -> Quad:
    """An upright box, turned clockwise about the frame's middle."""
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    radians = np.radians(degrees)
    turn = np.array([(np.cos(radians), np.sin(radians)), (-np.sin(radians), np.cos(radians))])
    middle = np.array(SIZE_WH) / 2
    return np.asarray((corners - middle) @ turn + middle, np.float32)


LEFT = (40.0, 80.0, 130.0, 110.0)


@pytest.mark.parametrize(
    ("other", "lines"),
    [
        pytest.param((120, 81, 200, 111), 1, id="the rest of a broken line"),
        pytest.param((128, 80, 200, 110), 2, id="the next word"),
        pytest.param((150, 80, 200, 110), 2, id="a word that is far"),
        pytest.param((40, 105, 130, 135), 2, id="the line below"),
        pytest.param((120, 70, 200, 130), 2, id="a larger line"),
        pytest.param((110, 80, 130, 160), 2, id="a tall one"),
    ],
)
@pytest.mark.parametrize("degrees", [0, 30])
def test_the_parts_of_a_broken_line_are_joined(
    other: tuple[float, float, float, float], lines: int, degrees: float
) -> None:
    quads = np.stack([quad(*other, degrees), quad(*LEFT, degrees)])
    found, scores = whole_lines(quads, [0.8, 0.9])

    assert (len(found), len(scores), max(scores)) == (lines, lines, 0.9)
    if lines == 1:
        assert found[0] == pytest.approx(quad(40, 80, 200, 111, degrees), abs=0.01)


def test_lines_that_cross_are_two() -> None:
    assert len(whole_lines(np.stack([quad(*LEFT), quad(40, 80, 130, 110, 40)]), [0.5, 0.5])[0]) == 2


def test_a_line_is_longer_at_its_free_ends() -> None:
    alone, *_ = with_air([quad(*LEFT, 20)], SIZE_WH)
    air = 30 * AIR
    assert alone == pytest.approx(quad(40 - air, 80, 130 + air, 110, 20), abs=0.01)

    before, behind = with_air([quad(*LEFT), quad(135, 80, 200, 110)], SIZE_WH)
    assert before == pytest.approx(quad(40 - air, 80, 130, 110))
    assert behind == pytest.approx(quad(135, 80, 200 + air, 110))


def test_air_ends_at_the_frame_and_tall_boxes_have_none() -> None:
    at_edge, tall = with_air([quad(2, 20, 398, 60), quad(200, 100, 220, 180)], SIZE_WH)

    assert at_edge == pytest.approx(quad(0, 20, 400, 60))
    assert tall == pytest.approx(quad(200, 100, 220, 180))
