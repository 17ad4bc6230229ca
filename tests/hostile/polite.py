"""The answers to a polite session, and a judge that compares them with those while it was quiet."""

from dataclasses import dataclass, field

FPS = 15


class NotQuiet(AssertionError):
    """A base cannot be compared with: the session was not served well even when it was alone."""


@dataclass
class Figures:
    """Seconds until the result of each frame, frames that gave way, and how many seconds were streamed."""

    took_s: list[float] = field(default_factory=list)
    dropped: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(self.took_s + other.took_s, self.dropped + other.dropped, self.seconds + other.seconds)

    @property
    def p95_s(self) -> float:
        """Within so many seconds 95 of 100 results came; for ever where there is none."""
        times = sorted(self.took_s)
        return times[min(len(times) - 1, int(len(times) * 0.95))] if times else float("inf")

    @property
    def rate(self) -> float:
        """Results a second."""
        return len(self.took_s) / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        return f"p95 {1000 * self.p95_s:.1f} ms, {self.rate:.1f} results/s, {self.dropped} dropped"


@dataclass(frozen=True)
class Judge:
    """Says by how much a polite session is answered worse beside hostile input than it may be.

    A base is quiet where so much of FPS has a result and p95 is within `base_within_s`. Within `not_late_s`
    nothing is late.
    """

    times: float = 2.0
    least_rate: float = 0.9
    not_late_s: float = 0.0
    least_of_base: float = 0.97
    base_within_s: float = 1 / FPS

    def complaints(self, before: Figures, after: Figures, beside: Figures) -> list[str]:
        """List the faults beside hostile input, compared with before and after together. Raises NotQuiet."""
        self.require_quiet(before)
        self.require_quiet(after)
        quiet = before + after
        late = beside.p95_s > max(self.times * quiet.p95_s, self.not_late_s)
        few = beside.rate < self.least_rate * quiet.rate
        words = [word for word, worse in (("late", late), ("few results", few)) if worse]
        return [f"{' and '.join(words)}: {beside}; while it was quiet {quiet}"] if words else []

    def require_quiet(self, base: Figures) -> None:
        """Raise NotQuiet where the session alone has too few results, or late ones."""
        if base.rate < self.least_of_base * FPS or base.p95_s > self.base_within_s:
            raise NotQuiet(f"The machine is busy, or the server slow: {base}")
