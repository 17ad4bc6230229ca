"""Drawings that look like text from afar and are none: the most useful part of a scene without text."""

from training.scenes.lookalikes.patterns import (  # fmt: skip
    arrows,
    branches,
    cloth,
    glints,
    heap,
    keyboard,
    net,
    teeth,
)
from training.scenes.lookalikes.things import bottles, cars, circuit, facade, parking, people
from training.scenes.textures import Drawing

LOOKALIKES: tuple[Drawing, ...] = (
    keyboard, bottles, bottles, cars, cars, people, people, parking, teeth, circuit, glints, facade,
    heap, heap, arrows, net, cloth, branches,
)  # fmt: skip
