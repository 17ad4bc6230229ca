"""Backgrounds and the things on them, all without text."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from training.scenes import textures
from training.scenes.textures import CLUTTER, GROUNDS, Image


@pytest.mark.parametrize("ground", set(GROUNDS), ids=lambda ground: ground.__name__)
def test_grounds_fill_the_size_asked_for(ground: Callable[[Random, int, int], Image]) -> None:
    for seed in range(8):
        image = ground(Random(seed), 90, 50)
        assert image.shape == (50, 90, 3)
        assert image.dtype == np.uint8
        assert (image == ground(Random(seed), 90, 50)).all()


@pytest.mark.parametrize("draw", set(CLUTTER), ids=lambda draw: draw.__name__)
def test_clutter_draws_inside_its_area_only(draw: Callable[[Random, Image], None]) -> None:
    changed = 0
    for seed in range(12):
        image = np.full((120, 160, 3), 77, np.uint8)
        draw(Random(seed), image[30:90, 40:120])
        assert (image[:30] == 77).all()
        assert (image[:, :40] == 77).all()
        assert (image[90:] == 77).all()
        assert (image[:, 120:] == 77).all()
        changed += int((image != 77).any())
    assert changed >= 8


def test_clutter_leaves_an_area_too_small_alone() -> None:
    image = np.zeros((12, 12, 3), np.uint8)
    for seed in range(10):
        textures.clutter(Random(seed), image)
    assert not image.any()


def test_colours_stay_in_their_range() -> None:
    for seed in range(100):
        assert all(90 <= channel <= 200 for channel in textures.colour(Random(seed), 90, 200))
        assert all(0 <= channel <= 255 for channel in textures.near(Random(seed), (0, 128, 255), 40))


def test_backgrounds_vary() -> None:
    pictures = [textures.background(Random(seed), 64, 48) for seed in range(6)]
    assert len({picture.tobytes() for picture in pictures}) == 6
