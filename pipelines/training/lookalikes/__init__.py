"""What looks like text from afar and is none: the most useful part of a scene without text."""

from pipelines.training.lookalikes.patterns import (
    arrows,
    branches,
    cloth,
    glints,
    heap,
    keyboard,
    net,
    teeth,
)  # fmt: skip
from pipelines.training.lookalikes.things import bottles, cars, circuit, facade, parking, people
from pipelines.training.textures import Drawing

LOOKALIKES: tuple[Drawing, ...] = (
    keyboard, bottles, bottles, cars, cars, people, people, parking, teeth, circuit, glints, facade,
    heap, heap, arrows, net, cloth, branches,
)  # fmt: skip
