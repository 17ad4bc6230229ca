"""Keeps what was measured as JSON, one file for each network and case."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.cases import CASES
from bench.networks import KEYS
from bench.rounds import Row
from pipelines.evaluation.benchmark import machine

PACKAGES = ("ultralytics", "torch", "openvino")


@dataclass(frozen=True)
class Table:
    """One case with one network: all rows come from one run."""

    network: str
    about: str
    case: str
    rounds: int
    seconds: float
    frames: str
    rows: Sequence[Row]
    taken: str = ""
    machine: str = ""
    versions: str = ""

    def save(self, folder: Path) -> Path:
        """Write it beside those of other cases; one of the same network and case is replaced."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.network}-{self.case}.json"
        content: dict[str, Any] = {
            **{name: value for name, value in vars(self).items() if name != "rows"},
            "taken": datetime.now(UTC).isoformat(timespec="minutes"),
            "machine": machine(),
            "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
            "rows": [row.as_dict() for row in self.rows],
        }
        path.write_text(json.dumps(content, indent=1) + "\n")
        return path


def load_tables(folder: Path) -> list[Table]:
    """All tables that were kept, in the order of networks and cases."""
    paths = [folder / f"{network}-{case}.json" for network in KEYS for case in CASES]
    return [table_from(json.loads(path.read_text())) for path in paths if path.is_file()]


def table_from(data: dict[str, Any]) -> Table:
    """A table from its JSON form."""
    return Table(**{**data, "rows": [Row.from_dict(row) for row in data["rows"]]})
