"""Words right and wrong for each least score and margin."""

from collections.abc import Sequence

import numpy as np

from pipelines.engine.readers.calibration import Calibration
from pipelines.engine.readers.text_reader import Reading
from training.engines import AFTER, BEFORE, SCORES, Engine, Picture, by_margin, by_score, counts

BLANK = np.zeros((10, 10, 3), np.uint8)
PICTURES = [Picture(BLANK, frozenset({"no", "entry"}), []), Picture(BLANK, frozenset({"stop"}), [])]
LINES = [[Reading("No Entrv", 0.35), Reading("entry!", 0.75)], [Reading("stop", 0.95), Reading("no", 0.15)]]


class Reader(Engine):
    """An engine that reads nothing where there is no margin after the line."""

    def __init__(self) -> None:
        self.name = "easyocr"

    def read(self, picture: Picture, calibration: Calibration) -> list[Reading]:
        place = next(place for place, known in enumerate(PICTURES) if known is picture)
        return LINES[place] if calibration.padding_after else []


def test_each_word_counts_once_for_a_picture() -> None:
    assert counts(PICTURES, LINES, 0) == (3, 2)
    assert counts(PICTURES, LINES, 0.3) == (3, 1)
    assert counts(PICTURES, LINES, 0.9) == (1, 0)


def test_rows_for_least_scores() -> None:
    rows: Sequence[Sequence[str]] = by_score(Reader(), PICTURES)
    assert len(rows) == len(SCORES)
    assert rows[0] == ["0.0", "3", "2"]
    assert rows[-1] == ["0.9", "1", "0"]


def test_rows_for_margins() -> None:
    rows = by_margin(Reader(), PICTURES)
    assert [row[0] for row in rows] == [f"{before:g}" for before in BEFORE]
    assert rows[0][1:] == ["0 / 0", *["3 / 1"] * (len(AFTER) - 1)]
