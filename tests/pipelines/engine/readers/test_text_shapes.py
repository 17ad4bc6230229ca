"""Frames of any shape before a reader of text: what its networks are given has a bound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engine.readers.deskew import straightened
from pipelines.engine.readers.pieces import MOST_PIECES, pieces_of, pieces_of_frame
from pipelines.engine.readers.rapidocr_reader import HEIGHT, MOST_HEIGHTS, WIDTH_STEP, longest_line, to_line
from pipelines.engine.readers.text_finder_input import LONGEST, MAX_INPUT_PIXELS, TextFinderInput, normalised
from pipelines.engine.readers.text_reader import NOTHING, Reading, joined

SHORT = st.integers(1, 60)
LONG = st.one_of(st.integers(1, 3000), st.sampled_from([2000, 2001, 16_000, 65_500]))
SHAPES = st.one_of(st.tuples(SHORT, LONG), st.tuples(LONG, SHORT), st.tuples(LONG, LONG)).filter(
    lambda shape: shape[0] * shape[1] < 1_000_000
)


def blank(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 200, np.uint8)


@settings(max_examples=40, deadline=None)
@given(SHAPES)
def test_the_text_finder_is_given_a_bounded_input_whatever_the_frame_is_like(shape: tuple[int, int]) -> None:
    pieces = list(pieces_of_frame(blank(*shape), LONGEST, MAX_INPUT_PIXELS))
    assert 1 <= len(pieces) <= MOST_PIECES * 2
    for piece in pieces:
        picture = TextFinderInput.of(piece.image_bgr).picture
        height, width = picture.shape[:2]
        scale = max(1.0, 736 / min(height, width))
        assert height * scale * width * scale <= MAX_INPUT_PIXELS


@pytest.mark.parametrize(
    "shape",
    [
        (1, 1),
        (2000, 3),
        (3, 2000),
        (2000, 20),
        (2000, 100),
        (1, 65_500),
        (65_500, 1),
        (250, 2000),
        (1999, 2001),
    ],
)
def test_slim_frames_are_padded(shape: tuple[int, int]) -> None:
    for piece in pieces_of_frame(blank(*shape), LONGEST, MAX_INPUT_PIXELS):
        numbers = normalised(TextFinderInput.of(piece.image_bgr).picture, 0.5, 0.5)
        assert numbers.shape[2] * numbers.shape[3] <= MAX_INPUT_PIXELS
        assert max(numbers.shape[2:]) <= 4.3 * min(numbers.shape[2:])


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.tuples(*[st.floats(0, 1)] * 4))
def test_places_come_back_to_where_they_are_on_the_frame(
    shape: tuple[int, int], place: tuple[float, float, float, float]
) -> None:
    height, width = shape
    for piece in pieces_of_frame(blank(height, width), LONGEST, MAX_INPUT_PIXELS):
        given_input = TextFinderInput.of(piece.image_bgr)
        (high, wide), (left, top) = piece.image_bgr.shape[:2], given_input.corner_xy
        (x_scale, y_scale), (x, y) = given_input.scale_xy, place[:2]
        quad = np.array([[[left + x * wide * x_scale, top + y * high * y_scale]] * 4])
        assert np.allclose(given_input.back(quad), [[[x * wide, y * high]] * 4], atol=0.01 * max(high, wide))
        (x1, y1), (x2, _), (_, y2), _ = piece.back(((0, 0), (wide, 0), (wide, high), (0, high)))
        assert -1 <= x1 <= x2 <= width + 2 / piece.scale
        assert -1 <= y1 <= y2 <= height + 2 / piece.scale


@given(st.integers(1, 300), st.integers(2, 50))
def test_pieces_are_the_whole(length: int, longest: int) -> None:
    picture = np.random.default_rng(length).integers(0, 256, (1, length, 3), np.uint8)
    wide, tall = picture, np.ascontiguousarray(picture.transpose(1, 0, 2))

    assert np.array_equal(np.concatenate([part for _, _, part in pieces_of(wide, longest)], axis=1), wide)
    assert np.array_equal(np.concatenate([part for _, _, part in pieces_of(tall, longest)], axis=0), tall)
    assert all(max(part.shape[:2]) <= longest for _, _, part in pieces_of(wide, longest))


def test_a_strip_is_cut_between_its_words() -> None:
    strip = np.full((40, 5000, 3), 255, np.uint8)
    for start in range(0, 5000, 500):
        strip[:, start : start + 440 : 4] = 0

    cuts = [left for left, _, _ in pieces_of(strip, 2000)][1:]

    assert cuts
    assert all(440 <= cut % 500 <= 500 for cut in cuts)


@pytest.mark.parametrize("shape", [(1, 65_500), (65_500, 1), (3, 2000), (1, 1), (48, 4801), (40_000, 10)])
def test_a_line_of_any_shape_has_a_bounded_input(shape: tuple[int, int]) -> None:
    parts = [straightened(part) for _, _, part in pieces_of(blank(*shape), longest_line(blank(*shape)))]

    assert len(parts) <= MOST_PIECES * 2
    for part in parts:
        assert to_line(part).shape[0] == HEIGHT
        assert to_line(part).shape[1] <= HEIGHT * MOST_HEIGHTS
        assert to_line(part).shape[1] % WIDTH_STEP == 0


def test_what_is_read_in_pieces_is_one_line() -> None:
    assert joined([Reading("NEXT", 0.9)]) == Reading("NEXT", 0.9)
    assert joined([Reading("NEXT", 1.0), NOTHING, Reading("STOP", 0.5)]) == Reading("NEXT STOP", 0.75)
    assert joined([NOTHING, NOTHING]) == joined([]) == NOTHING
