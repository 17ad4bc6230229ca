"""Lines are laid out for the recogniser, and its answers become texts with EasyOCR's own scores."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.readers.easyocr.line_pictures import (
    MOST_HEIGHTS,
    Line,
)
from pipelines.engine.readers.easyocr.lines import (
    LINES_AT_ONCE,
    Chances,
    LineReader,
    longest_piece,
    score_of,
)
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.engine.readers.easyocr.recognisers import Recogniser

LETTERS, ARABIC = "abc ", "\u0627\u0628"
HEIGHT = 64


class Spelling:
    """A network that answers every line with the same steps, and keeps what it was given."""

    def __init__(self, *steps: tuple[float, ...]) -> None:
        self.steps = np.array(steps, np.float32)
        self.given: list[tuple[int, ...]] = []
        self.calls: list[int] = []

    def __call__(self, lines: Sequence[Line]) -> list[Chances]:
        self.calls.append(len(lines))
        self.given += [line.shape for line in lines]
        return [self.steps] * len(lines)


def step(letter: str | None, chance: float) -> tuple[float, ...]:
    """The chances at one step: that of no letter first, the rest shared by the others."""
    place = 0 if letter is None else 1 + LETTERS.index(letter)
    chances = [(1 - chance) / len(LETTERS)] * (1 + len(LETTERS))
    chances[place] = chance
    return tuple(chances)


def reader(network: Spelling, wanted: str = LETTERS, name: str = "english_g2") -> LineReader:
    recogniser = Recogniser(name, Path("x"), HEIGHT, LETTERS, frozenset(wanted), "easyocr.model", {})
    return LineReader(network, recogniser)


def crop(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


ABBA = Spelling(
    step("a", 0.9), step("a", 0.9), step("b", 0.8), step(None, 0.9), step("b", 0.7), step("a", 0.9)
)


def test_letters_that_come_twice_count_once_unless_something_is_between() -> None:
    (reading,) = reader(ABBA).read([crop(20, 100)], EasyOcrOptions())
    assert reading.text == "abba"
    # The steps without a letter do not count; the others as EasyOCR counts them.
    assert reading.score == pytest.approx((0.9 * 0.9 * 0.8 * 0.7 * 0.9) ** (2 / 5**0.5))


def test_letters_of_other_languages_are_not_read() -> None:
    network = Spelling((0.1, 0.3, 0.6, 0.0, 0.0))
    (reading,) = reader(network, wanted="ac").read([crop(20, 100)], EasyOcrOptions())
    assert reading.text == "a"
    assert reading.score == pytest.approx(0.75**2)


def test_only_allowed_letters_are_read() -> None:
    network = Spelling((0.1, 0.3, 0.6, 0.0, 0.0))
    (reading,) = reader(network).read([crop(20, 100)], EasyOcrOptions(allowlist="a"))
    assert reading.text == "a"


@pytest.mark.model
@pytest.mark.parametrize("name", ["english_g2", "zh_sim_g2"])
def test_beams_are_searched(name: str) -> None:
    network = Spelling(step("a", 0.9), step("b", 0.9), step(None, 0.9), step("c", 0.9))
    (reading,) = reader(network, name=name).read([crop(20, 100)], EasyOcrOptions(decoder="beamsearch"))
    assert reading.text == "abc"


@pytest.mark.model
def test_arabic_comes_in_the_order_of_reading() -> None:
    recogniser = Recogniser(
        "arabic_g1", Path("x"), HEIGHT, "\u0627\u0628", frozenset("\u0627\u0628"), "x", {}
    )
    network = Spelling((0.1, 0.9, 0.0), (0.1, 0.0, 0.9))
    (reading,) = LineReader(network, recogniser).read([crop(20, 100)], EasyOcrOptions())
    assert reading.text == ARABIC[::-1]


class SureOfNarrowLetters(Spelling):
    """A network that is in doubt of all lines but narrow ones."""

    def __call__(self, lines: Sequence[Line]) -> list[Chances]:
        super().__call__(lines)
        sure, doubtful = np.array([step("b", 0.9)]), np.array([step("a", 0.3)])
        return [sure if self.calls[:2] == [1, 1] and len(self.calls) == 2 else doubtful for _ in lines]


def test_doubtful_lines_are_looked_at_in_other_ways() -> None:
    network = SureOfNarrowLetters()
    (reading,) = reader(network).read([crop(20, 40)], EasyOcrOptions())
    assert reading.text == "b"
    assert reading.score == pytest.approx(0.81)
    assert len(network.given) == 4


def test_sure_lines_are_looked_at_once() -> None:
    network = Spelling(step("a", 0.9))
    assert len(reader(network).read([crop(20, 40)] * 3, EasyOcrOptions())) == 3
    assert len(network.given) == 3


def test_lines_have_one_of_the_widths_and_answers_come_in_the_order_of_the_crops() -> None:
    network = Spelling(step("a", 1.0))
    crops = [crop(20, width) for width in (420, 20, 30)]
    assert [reading.text for reading in reader(network).read(crops, EasyOcrOptions())] == ["a"] * 3
    assert network.given == [(HEIGHT, heights * HEIGHT) for heights in (24, 1, 2)]


def test_many_lines_are_laid_out_in_parts() -> None:
    network = Spelling(step("a", 1.0))
    readings = reader(network).read([crop(20, 30)] * (LINES_AT_ONCE + 1), EasyOcrOptions())
    assert len(readings) == LINES_AT_ONCE + 1
    assert network.calls == [LINES_AT_ONCE, 1]


def test_nothing_to_read_is_nothing_read() -> None:
    assert reader(ABBA).read([], EasyOcrOptions()) == []


@pytest.mark.parametrize("shape", [(1, 65_500), (65_500, 1), (3, 2000), (1, 1), (64, 6401), (40_000, 10)])
def test_a_line_of_any_shape_has_a_bounded_input(shape: tuple[int, int]) -> None:
    network = Spelling(step("a", 1.0))
    (reading,) = reader(network).read([crop(*shape)], EasyOcrOptions())
    assert set(reading.text) <= {"a", " "}
    assert all(given[1] <= MOST_HEIGHTS * HEIGHT for given in network.given)
    assert longest_piece(crop(*shape)) >= 1


def test_no_letter_has_no_score() -> None:
    assert score_of(np.array([])) == 0
