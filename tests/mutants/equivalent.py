"""Survivors that were looked at and change nothing that anybody could notice, each with the reason."""

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A mutant by its module, what stood there and what stands there with it."""

    module: str
    before: str
    after: str
    reason: str


EQUIVALENT: tuple[Equivalent, ...] = ()
