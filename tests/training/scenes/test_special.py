"""Huge letters, lone signs, boards, bent and carved lines: every kind has its lines where its ink is."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from training.scenes import fonts, scripts, special
from training.scenes.sheet import Sheet

KINDS = [kind for _, kind in special.SPECIAL]
Kind = Callable[..., Sheet]


def drawn(kind: Kind, seed: int, width: int = 400, height: int = 200) -> Sheet:
    return kind(Random(seed), fonts.training_fonts(), width, height)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_most_sheets_of_a_kind_have_lines_with_something_in_them(kind: Kind) -> None:
    written = 0
    for seed in range(12):
        sheet = drawn(kind, seed)
        pixels, _ = sheet.pixels()
        assert pixels.shape == (200, 400, 3)
        lines = sheet.lines()
        assert lines.shape[1] == 4
        assert (lines[:, 2:] > lines[:, :2]).all()
        written += bool(len(lines))
    assert written >= 9


def test_huge_letters_are_huge() -> None:
    heights = [
        np.ptp(drawn(special.huge, seed, 640, 480).lines()[:, 1::2], axis=1).max() for seed in range(20)
    ]
    assert max(heights) > 180
    assert np.median(heights) > 80


def test_a_lone_sign_has_one_short_line() -> None:
    for seed in range(20):
        (line,) = drawn(special.lone, seed, 200, 200).lines()
        assert line[2] - line[0] < 180


def test_a_boards_columns_are_lines_of_their_own() -> None:
    counts = [len(drawn(special.columns, seed).lines()) for seed in range(10)]
    assert min(counts) >= 4


@pytest.mark.parametrize("kind", [special.lamps, special.bent], ids=["lamps", "bent"])
def test_ink_that_was_laid_is_inside_the_lines(kind: Kind) -> None:
    for seed in range(20):
        sheet = drawn(kind, seed)
        for x0, y0, x1, y1 in sheet.lines():
            assert x0 >= 0
            assert y0 >= 0
            assert x1 <= 400
            assert y1 <= 200


def test_other_scripts_use_a_font_that_has_their_letters() -> None:
    for seed in range(20):
        font, letters = scripts.choose(Random(seed), fonts.training_fonts())
        assert scripts._drawn(font, letters) == letters
        assert scripts.phrase(Random(seed), letters, 3).count(" ") == 2


def test_latin_does_where_no_font_has_another_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "_special", list)
    monkeypatch.setattr(scripts, "_has", lambda *_: False)
    assert scripts.choose(Random(1), fonts.training_fonts())[1].startswith("abc")
