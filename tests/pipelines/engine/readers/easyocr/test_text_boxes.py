"""Words are found on the detector's maps where EasyOCR's own code finds them."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.readers.easyocr.canvas import CELL
from pipelines.engine.readers.easyocr.text_boxes import (
    LINK,
    LOW_TEXT,
    MOST_WORDS,
    SURE_TEXT,
    word_quads,
)

Map = NDArray[np.float32]


def maps_of(
    words: list[tuple[int, int, int, float, float]], shape: tuple[int, int] = (240, 320)
) -> tuple[Map, Map]:
    """Maps of words: first letter's x and y, number of letters, slope, and how sure the letters are."""
    import cv2

    letters, links = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for x, y, count, slope, sure in words:
        for number in range(count):
            at = (x + 7 * number, round(y + 7 * number * slope))
            cv2.circle(letters, at, 3, sure, -1)
            if number:
                cv2.circle(links, (at[0] - 3, at[1]), 2, 0.9, -1)
    return cv2.GaussianBlur(letters, (3, 3), 0.6), links


WORDS = [
    (20, 20, 8, 0.0, 1.0),
    (100, 20, 3, 0.0, 1.0),
    (200, 60, 1, 0.0, 1.0),
    (30, 60, 12, 0.3, 0.9),
    (30, 200, 10, -0.5, 1.0),
    (250, 150, 9, 0.1, 0.6),
    (310, 235, 4, 0.0, 1.0),
]


def by_place(quads: Any) -> NDArray[np.float32]:
    return np.array(sorted(quads, key=lambda quad: tuple(quad.mean(axis=0))), np.float32)


@pytest.mark.model
def test_words_are_where_easyocr_finds_them() -> None:
    from easyocr.craft_utils import getDetBoxes

    letters, links = maps_of(WORDS)
    theirs, _, _ = getDetBoxes(letters, links, SURE_TEXT, LINK, LOW_TEXT)
    ours = word_quads(letters, links)
    assert len(ours) == len(theirs) > 5
    # Theirs takes corners of the contour, ours those of its hull: the same rectangle.
    np.testing.assert_allclose(by_place(ours), by_place(theirs) * CELL, atol=0.01)


def test_nothing_is_found_on_empty_maps() -> None:
    empty = np.zeros((240, 320), np.float32)
    assert word_quads(empty, empty) == []


def test_spots_without_a_sure_letter_are_no_words() -> None:
    letters, links = maps_of([(20, 20, 8, 0.0, 0.65)])
    assert word_quads(letters, links) == []


def test_a_picture_of_nothing_but_spots_has_so_many_words_at_most() -> None:
    letters = np.zeros((480, 640), np.float32)
    for row in range(4):
        for column in range(4):
            letters[row::6, column::6] = 1
    assert len(word_quads(letters, np.zeros_like(letters))) == MOST_WORDS
