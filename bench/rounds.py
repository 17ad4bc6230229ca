"""Measures contestants in turns, so that what disturbs the machine disturbs all of them alike."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.cases import Case
from bench.contestants import Arena, Contestant
from bench.figures import Figures, order_of_round, typical
from bench.lineup import Entry
from bench.networks import Network
from bench.processes import BenchError

Tell = Callable[[str], None]
# A turn may fail by bad luck, such as a connection that does not come about; more often it is not luck.
FAILURES = 2


@dataclass
class Row:
    """The figures of one contestant in one case; `missing` says why there are none."""

    key: str
    title: str
    turns: list[Figures] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def figures(self) -> Figures | None:
        """The median over the turns, None where there is none."""
        return typical(self.turns) if self.turns else None

    @property
    def missing(self) -> str:
        """The reason for which there are no figures; empty where there are."""
        return "" if self.turns else (self.failures or ["not run"])[-1]

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "key": self.key,
            "title": self.title,
            "figures": asdict(self.figures) if self.figures else None,
            "turns": [asdict(turn) for turn in self.turns],
            "failures": self.failures,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Row":
        """From its JSON form."""
        turns = [Figures.from_dict(turn) for turn in data["turns"]]
        return cls(data["key"], data["title"], turns, list(data["failures"]))


class Field:
    """All contestants for one network: started together, each of them idle while another is measured."""

    def __init__(self, arena: Arena, network: Network, entries: Sequence[Entry], tell: Tell) -> None:
        self._tell = tell
        self._entries = {entry.key: entry for entry in entries}
        self._ready: dict[str, Contestant] = {}
        self._absent: dict[str, str] = {}
        self._stack = ExitStack()
        for entry in entries:
            contestant = entry.make(arena, network)
            if contestant is not None:
                self._ready[entry.key] = contestant

    def __enter__(self) -> "Field":
        for key, contestant in list(self._ready.items()):
            self._stack.callback(contestant.stop)
            self._try(key, contestant.start)
        for key, contestant in list(self._ready.items()):
            self._try(key, contestant.wait)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def rows(self, case: Case, rounds: int) -> list[Row]:
        """The case for all who take part in it."""
        rows = {
            key: Row(key, entry.title)
            for key, entry in self._entries.items()
            if case.key in entry.cases and (key in self._ready or key in self._absent)
        }
        for key in rows.keys() & self._absent.keys():
            rows[key].failures.append(self._absent[key])
        for number in range(rounds):
            for key in order_of_round([key for key in rows if key in self._ready], number):
                if len(rows[key].failures) < FAILURES:
                    self._turn(rows[key], case)
        return list(rows.values())

    def _turn(self, row: Row, case: Case) -> None:
        try:
            turn = self._ready[row.key].measure(case)
        except (BenchError, OSError) as error:
            row.failures.append(str(error))
            self._tell(f"  {row.title}: {error}")
            return
        row.turns.append(turn)
        age = "" if turn.age_p95_ms is None else f", p95 {turn.age_p95_ms:.1f} ms"
        self._tell(f"  {row.title}: {turn.answers_per_s:.1f}/s{age}")

    def _try(self, key: str, action: Callable[[], None]) -> None:
        try:
            action()
        except (BenchError, OSError) as error:
            self._absent[key] = str(error)
            del self._ready[key]
            self._tell(f"  {self._entries[key].title}: {error}")
