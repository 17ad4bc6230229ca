"""Of each kind of trouble at least three are made by code; the tables hold what is right of each."""

import pytest

from tests.world.films.table import CASES
from tests.world.networks.table import REFUSED, RUNS
from tests.world.pictures.table import ROWS

AT_LEAST = 3
# The rows of a kind have these words in their names.
PICTURES = {
    "bytes behind the end": ("behind",),
    "fill bytes": ("fill byte",),
    "no Huffman tables": ("no Huffman",),
    "restart markers": ("restart",),
    "orientation": ("orientation", "turned"),
    "HEIC": ("HEIC",),
    "several pictures": ("that moves", "three pages", "MPO"),
    "more than 8 bits": ("bits", "Kelvin", "radiometric"),
}
FILMS = {
    "pixels that are not square": ("narrow pixels", "wide pixels", "shape of pixels"),
    "edit lists": ("cut at", "cut between", "cut in a MOV"),
    "lengths": ("ten hours", "no length", "recording"),
    "HEVC": ("HEVC",),
    "clocks": ("clock",),
    "turned": ("turned", "mirrored", "on its head"),
}
NETWORKS = {
    "oblong input": ("oblong", "standing"),
    "nothing noted": ("foreign", "free", "one-class"),
    "boxes sorted out inside": ("sorted",),
}
CANNOT_RUN = {
    "no network": ("page", "pointer", "nothing", "half-copied"),
    "of another program": ("v5", "other", "numbers", "script"),
    "of another task or layout": ("classes", "whole", "audio", "last", "four"),
}
TABLES = (
    (PICTURES, [row.name for row in ROWS]),
    (FILMS, [case.name for case in CASES]),
    (NETWORKS, [row.name for row in RUNS]),
    (CANNOT_RUN, [row.name for row in REFUSED]),
)
MADE = {
    kind: [name for name in names if any(word in name for word in words)]
    for kinds, names in TABLES
    for kind, words in kinds.items()
}


@pytest.mark.parametrize("kind", MADE, ids=[f"{kind}: {len(names)}" for kind, names in MADE.items()])
def test_there_are_enough_of_each_kind(kind: str) -> None:
    assert len(MADE[kind]) >= AT_LEAST, MADE[kind]
