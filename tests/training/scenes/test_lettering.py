"""Bent lines, lamps, segments and carved letters, told by where their ink is."""

from random import Random

import numpy as np
import pytest

from training.scenes import fonts, lettering
from training.scenes.sheet import Pen


@pytest.fixture
def mask() -> lettering.Image:
    return lettering.line_mask("HHHHHHHHHH", Pen(fonts.training_fonts()[0], 30, (0, 0, 0)))


def middles(mask: lettering.Image) -> tuple[float, float]:
    """The mean height of the ink in the middle third and in the outer thirds, downwards."""
    ys, xs = np.nonzero(mask > 128)
    third = (xs > xs.min() + np.ptp(xs) / 3) & (xs < xs.max() - np.ptp(xs) / 3)
    return float(ys[third].mean()), float(ys[~third].mean())


def test_a_line_stands_clear_of_the_masks_edge(mask: lettering.Image) -> None:
    assert mask.max() == 255
    assert not mask[[0, -1]].any()
    assert not mask[:, [0, -1]].any()


def test_an_arched_line_is_higher_or_lower_in_its_middle_and_keeps_its_ink(mask: lettering.Image) -> None:
    drops = []
    for seed in range(60):
        bent = lettering.arched(Random(seed), mask)
        middle, ends = middles(bent)
        drops.append(ends - middle)
        assert 0.7 < bent.sum() / mask.sum() < 1.4
    assert sum(drop > 2 for drop in drops) > sum(drop < -2 for drop in drops) > 3


def test_a_waved_line_needs_more_height_and_keeps_its_ink(mask: lettering.Image) -> None:
    for seed in range(20):
        waved = lettering.waved(Random(seed), mask)
        assert waved.shape[0] > mask.shape[0]
        assert waved.shape[1] == mask.shape[1]
        assert int(waved.sum()) == pytest.approx(int(mask.sum()), rel=0.1)


def test_digits_light_their_segments() -> None:
    lit = {digit: int((lettering.segments(Random(3), digit, 60)[0] > 0).sum()) for digit in "0123456789"}
    assert lit["1"] < lit["7"] < lit["4"] < lit["5"] < lit["6"] < lit["8"]
    assert max(lit, key=lit.__getitem__) == "8"
    on, every = lettering.segments(Random(3), "8", 60)
    assert (on == every).all()


def test_a_colon_is_two_dots_and_a_point_is_one() -> None:
    def dots(char: str) -> int:
        rows = (lettering.segments(Random(3), char, 60)[0] > 128).any(axis=1).astype(int)
        return int((np.diff(rows, prepend=0) == 1).sum())

    assert (dots(":"), dots(".")) == (2, 1)


def test_lit_lamps_are_some_of_all_lamps() -> None:
    for seed in range(10):
        on, every = lettering.lamps(Random(seed), "STOP 12", fonts.training_fonts()[0], 5)
        assert on.shape == every.shape
        assert on.shape[0] % 5 == on.shape[1] % 5 == 0
        assert ((on == 0) | (on == every)).all()
        assert 0.05 < (on > 0).sum() / (every > 0).sum() < 0.7


def test_carving_changes_the_material_at_the_letters_only(mask: lettering.Image) -> None:
    material = np.full((*mask.shape, 3), 120, np.uint8)
    far = np.ones(mask.shape, bool)
    ys, xs = np.nonzero(mask)
    far[ys.min() - 10 : ys.max() + 11, max(0, xs.min() - 10) : xs.max() + 11] = False
    for seed in range(10):
        carved = lettering.carved(Random(seed), material, mask)
        assert (carved[far] == 120).all()
        assert carved.max() > 135
        assert carved.min() < 105
