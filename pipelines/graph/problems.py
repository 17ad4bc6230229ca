"""A problem that validation finds: a sentence, and the place in the definition that it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

# Whoever sends a thousand mistakes reads the first of them; a quoted name or text may be as long as the body.
MAX_PROBLEMS = 100
MAX_WHERE = 200
MAX_MESSAGE = 1000


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; `where` is a path such as `nodes[detect].params.conf` or `pipeline`."""

    where: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", clipped(self.where, MAX_WHERE))
        object.__setattr__(self, "message", clipped(self.message, MAX_MESSAGE))

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """The JSON form."""
        return {"where": self.where, "message": self.message}


def clipped(text: str, most: int) -> str:
    """The text, cut where it is longer than so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


# For each problem that nobody reads, but that is counted.
UNSHOWN = Problem("pipeline", "has one more problem")


def first_of(problems: Iterable[Problem]) -> list[Problem]:
    """The first problems, and one more that counts the others where there are too many."""
    left = iter(problems)
    first = list(islice(left, MAX_PROBLEMS))
    more = sum(1 for _ in left)
    return [*first, Problem("pipeline", f"and {more:,} more problems")] if more else first
