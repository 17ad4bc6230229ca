"""Reads lines of text with one of EasyOCR's recognisers."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.readers.easyocr.line_pictures import (
    MOST_HEIGHTS,
    Line,
    enlarged,
    narrowed,
    padded,
    stretched,
    to_line,
    words_of_line,
)
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.engine.readers.easyocr.recognisers import Recogniser
from pipelines.engine.readers.pieces import MOST_PIECES, pieces_of
from pipelines.engine.readers.text_reader import Image, Reading, joined

Chances = NDArray[np.float32]
# Grey lines (height, width) become the chances of each class at each step (steps, classes).
LineNetwork = Callable[[Sequence[Line]], Sequence[Chances]]

# So many lines go through the network in one call: others wait for as long as that takes.
LINES_AT_ONCE = 8
# A line that is read with a lower score is doubtful, and is looked at in other ways, too.
DOUBTFUL = 0.6
BEAMS = 5


class LineReader:
    """One recogniser, for as many threads at a time as its network."""

    def __init__(self, network: LineNetwork, recogniser: Recogniser) -> None:
        self._network = network
        self._about = recogniser
        self._characters = np.array(["", *recogniser.characters])

    def read(
        self, crops: Sequence[Image], options: EasyOcrOptions, *, are_words: bool = False
    ) -> list[Reading]:
        """One reading for each BGR crop of a level line; those too long for one line are read in pieces.

        `are_words` says that the detector has cut them where words stand far apart.
        """
        parts = [
            (number, part)
            for number, crop in enumerate(crops)
            for _, _, part in pieces_of(crop, longest_piece(crop))
        ]
        lines = [to_line(part, self._about.height) for _, part in parts]
        readings: list[list[Reading]] = [[] for _ in crops]
        for (number, _), reading in zip(parts, self._read_lines(lines, options, are_words), strict=True):
            readings[number].append(reading)
        return [joined(several) for several in readings]

    def _read_lines(self, lines: Sequence[Line], options: EasyOcrOptions, are_words: bool) -> list[Reading]:
        """One reading for each line: the best of several looks where the first one leaves doubts."""
        read = self._read if are_words else self._read_words
        readings = read(lines, options)
        doubtful = [place for place, reading in enumerate(readings) if reading.score < DOUBTFUL]
        for look in (narrowed, enlarged, stretched):
            again = read([look(lines[place]) for place in doubtful], options)
            for place, reading in zip(doubtful, again, strict=True):
                readings[place] = max(readings[place], reading, key=lambda one: one.score)
        return readings

    def _read_words(self, lines: Sequence[Line], options: EasyOcrOptions) -> list[Reading]:
        """One reading for each line, whose words are read one by one where they stand far apart."""
        words = [words_of_line(line) for line in lines]
        readings = iter(self._read([word for some in words for word in some], options))
        return [joined([next(readings) for _ in some]) for some in words]

    def _read(self, lines: Sequence[Line], options: EasyOcrOptions) -> list[Reading]:
        """One reading for each line."""
        allowed = self._allowed(options)
        readings: list[Reading] = []
        for start in range(0, len(lines), LINES_AT_ONCE):
            some = [padded(line) for line in lines[start : start + LINES_AT_ONCE]]
            readings += [self._reading(chances, allowed, options) for chances in self._network(some)]
        return readings

    def _allowed(self, options: EasyOcrOptions) -> NDArray[np.bool_]:
        """True for each class that may be read; the first one stands for no letter."""
        wanted = options.allowlist or self._about.wanted
        return np.array([True, *(character in wanted for character in self._about.characters)])

    def _reading(self, chances: Chances, allowed: NDArray[np.bool_], options: EasyOcrOptions) -> Reading:
        """The text of one line (steps, classes), with EasyOCR's own score."""
        chances = np.where(allowed, chances, 0)
        chances /= np.maximum(chances.sum(axis=1, keepdims=True), 1e-12)
        best = chances.argmax(axis=1)
        if options.decoder == "beamsearch" and self._about.can_search:
            text = self._searched(chances)
        else:
            kept = (best != 0) & (np.diff(best, prepend=-1) != 0)
            text = "".join(self._characters[best[kept]])
        return Reading(self._in_order(text).strip(), score_of(chances.max(axis=1)[best != 0]))

    def _searched(self, chances: Chances) -> str:
        from easyocr.utils import ctcBeamSearch

        return str(ctcBeamSearch(chances, list(self._characters), [0], None, beamWidth=BEAMS))

    def _in_order(self, text: str) -> str:
        """The letters as they are displayed, where they come in the order of reading."""
        if not self._about.right_to_left:
            return text
        from bidi import get_display

        return str(get_display(text))


def longest_piece(crop: Image) -> int:
    """The longest that a piece of a line may be, in pixels; a hairline has few pieces, too."""
    height, width = crop.shape[:2]
    return int(max(MOST_HEIGHTS * height, math.ceil(width / MOST_PIECES)))


def score_of(chances: NDArray[np.floating]) -> float:
    """EasyOCR's score of a line from the chances of its letters; 0 where it has none."""
    return float(chances.prod() ** (2 / math.sqrt(len(chances)))) if len(chances) else 0.0
