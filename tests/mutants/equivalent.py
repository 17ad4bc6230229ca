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
)
