"""Things that look like text and are none."""

from random import Random

import numpy as np
import pytest

from training.scenes.lookalikes import LOOKALIKES
from training.scenes.textures import Drawing


@pytest.mark.parametrize("draw", dict.fromkeys(LOOKALIKES), ids=lambda draw: draw.__name__)
def test_a_lookalike_stays_in_its_area_and_is_the_same_for_a_seed(draw: Drawing) -> None:
    changed = 0
    for seed in range(10):
        image, again = np.full((2, 120, 160, 3), 77, np.uint8)
        draw(Random(seed), image[30:90, 40:120])
        draw(Random(seed), again[30:90, 40:120])
        assert (image == again).all()
        changed += int((image != 77).any())
        image[30:90, 40:120] = 77
        assert (image == 77).all()
    assert changed >= 8


@pytest.mark.parametrize("draw", dict.fromkeys(LOOKALIKES), ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 300, 3), (300, 16, 3)])
def test_a_lookalike_fits_into_small_and_odd_areas(draw: Drawing, shape: tuple[int, int, int]) -> None:
    for seed in range(12):
        draw(Random(seed), np.zeros(shape, np.uint8))
