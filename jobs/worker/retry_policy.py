"""Decides when a job has had enough attempts; pure."""

from dataclasses import dataclass

# A worker that dies says nothing against the job: somebody killed it, or the machine went down. But a job
# that kills every worker while it loads must come to an end, too.
MAX_LOSSES = 100


@dataclass(frozen=True)
class RetryPolicy:
    """Failures counted so far: `strikes` in a row at `place`, and `losses` since the last checkpoint.

    A place is the index of a frame, or 0 for what comes before the first one.
    """

    strikes: int
    place: int | None
    losses: int = 0

    def struck(self, place: int) -> "RetryPolicy":
        """An attempt ended at this place; an end elsewhere begins to count anew."""
        return RetryPolicy(self.strikes + 1 if place == self.place else 1, place, self.losses)

    def lost(self, place: int | None) -> "RetryPolicy":
        """The worker died; at a place where it is known on which frame it was."""
        after = self if place is None else self.struck(place)
        return RetryPolicy(after.strikes, after.place, self.losses + 1)

    def is_out(self, max_strikes: int) -> bool:
        """True if there will be no other attempt."""
        return self.strikes >= max_strikes or self.losses >= MAX_LOSSES
