"""Survivors that were looked at and change nothing that anybody could notice, each with the reason."""

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A mutant by its module, what stood there and what stands there with it."""

    module: str
    before: str
    after: str
    reason: str


EQUIVALENT = (
    Equivalent(
        "pipelines/engine/scheduling/slots.py",
        "slot.runs_for_s >= self._lend_after_s",
        "(slot.runs_for_s > self._lend_after_s)",
        "a call is never found to have run for exactly so long by the real clock, and is looked at again",
    ),
    Equivalent(
        "pipelines/engine/scheduling/slot_tuner.py",
        "crowded < CROWDED",
        "(crowded <= CROWDED)",
        "a window with exactly this share of crowded frames is followed by others; either side is right",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "width >= SHARED_WIDTH * min(one.width, other.width)",
        "(width > SHARED_WIDTH * min(one.width, other.width))",
        "no two boxes of a network share exactly this part of their width, to the last bit of a float",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "min(one.y + one.h, other.y + other.h) > max(one.y, other.y)",
        "(min(one.y + one.h, other.y + other.h) >= max(one.y, other.y))",
        "boxes that only touch share no area, and what is asked next refuses them for that",
    ),
)
