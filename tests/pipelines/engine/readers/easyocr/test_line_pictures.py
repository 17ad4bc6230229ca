"""Lines are laid out for the recogniser, and cut where their words stand far apart."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.readers.easyocr.line_pictures import (
    AIR,
    MOST_HEIGHTS,
    Line,
    begins_calm,
    enlarged,
    narrowed,
    padded,
    stretched,
    to_line,
    words_of_line,
)

HEIGHT = 64


def crop(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def striped(*words: tuple[int, int], width: int = 640) -> Line:
    """Light paper with words of upright strokes, each from one column to another."""
    line = np.full((HEIGHT, width), 220, np.uint8)
    for left, right in words:
        for column in range(left, right, 8):
            line[12:52, column : column + 4] = 30
    return line


def test_a_line_has_the_recognisers_height() -> None:
    assert to_line(crop(20, 100), HEIGHT).shape == (64, 320)
    assert to_line(crop(1, 65_500), HEIGHT).shape == (64, MOST_HEIGHTS * HEIGHT)


def test_the_last_column_fills_the_line() -> None:
    line = np.arange(HEIGHT * 10, dtype=np.uint8).reshape(HEIGHT, 10)
    wide = padded(line)
    assert wide.shape == (HEIGHT, HEIGHT)
    assert np.array_equal(wide[:, :10], line)
    assert (wide[:, 10:] == line[:, 9:]).all()


def test_words_that_stand_far_apart_are_cut_apart() -> None:
    words = words_of_line(striped((100, 220), (260, 400), (420, 500)))
    air = int(AIR * HEIGHT)
    # The gap of 20 columns is one between letters or narrow words.
    expected = [220 - 100 + 2 * air, 500 - 260 + 2 * air]
    assert [word.shape[1] for word in words] == pytest.approx(expected, abs=8)
    assert all(word.shape[0] == HEIGHT for word in words)


def test_what_reaches_in_from_the_next_line_does_not_join_words() -> None:
    line = striped((100, 220), (300, 400))
    line[:5, 220:300] = line[-5:, 220:300] = 0
    assert len(words_of_line(line)) == 2


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(striped((10, 100), width=110), id="a short line"),
        pytest.param(np.full((HEIGHT, 400), 200, np.uint8), id="nothing"),
        pytest.param(to_line(crop(HEIGHT, 400), HEIGHT), id="noise"),
    ],
)
def test_other_lines_stay_whole(line: Line) -> None:
    (word,) = words_of_line(line)
    assert word.shape[1] >= line.shape[1] - 2 * HEIGHT


@pytest.mark.parametrize(("left", "calm"), [(40, True), (0, False)])
def test_whether_a_letter_touches_the_left_edge(left: int, calm: bool) -> None:
    line = striped((left, left + 120), (260, 400))
    assert begins_calm(np.repeat(line[:, :, None], 3, axis=2)) is calm


def test_other_looks_keep_the_height() -> None:
    line = striped((100, 220))
    assert narrowed(line).shape == (HEIGHT, 544)
    assert enlarged(line).shape == (HEIGHT, 731)
    assert stretched(line).shape == line.shape
    assert enlarged(np.zeros((HEIGHT, MOST_HEIGHTS * HEIGHT), np.uint8)).shape == (HEIGHT, 6400)


def test_contrast_is_stretched() -> None:
    dull = np.full((64, 64), 100, np.uint8)
    dull[:, 20:40] = 120
    assert np.ptp(stretched(dull)) == 200
