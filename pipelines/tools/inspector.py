"""Watches pipelines at work: how long each step takes, what it remarks, and what it runs on."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from forgesyte.units import MILLISECONDS
from pipelines.tools.base import Pressure, RunContext


@dataclass
class RunReport:
    """The report on one frame: a JSON-safe result and milliseconds for `decode`, each node and `total`."""

    result: dict[str, Any]
    timings_ms: dict[str, float]
    warnings: list[str]
    counters: dict[str, int]


@dataclass
class ToolRecord:
    """The figures of one tool over all the runs that were watched."""

    runs: int = 0
    failures: int = 0
    total_ms: float = 0.0
    max_ms: float = 0.0
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def mean_ms(self) -> float:
        """Milliseconds of a run on average, 0 before the first."""
        return self.total_ms / self.runs if self.runs else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "runs": self.runs,
            "failures": self.failures,
            "mean_ms": round(self.mean_ms, 3),
            "max_ms": round(self.max_ms, 3),
            "metadata": dict(self.metadata),
            "warnings": dict(self.warnings),
        }


class Inspection:
    """The notes on one frame; used by the one thread that runs it."""

    def __init__(
        self, frame_index: int, pressure: Pressure, clock: Callable[[], float], deadline: float | None = None
    ) -> None:
        self.context = RunContext(frame_index, pressure, deadline)
        self.timings_ms: dict[str, float] = {}
        self._clock = clock

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Note how long the body takes, also when it raises."""
        start = self._clock()
        try:
            yield
        finally:
            self.timings_ms[stage] = (self._clock() - start) * MILLISECONDS

    def report(self, result: dict[str, Any]) -> RunReport:
        """The notes, rounded to microseconds, with the result they belong to."""
        timings_ms = {stage: round(spent, 3) for stage, spent in self.timings_ms.items()}
        return RunReport(result, timings_ms, list(self.context.warnings), dict(self.context.counters))


class InspectorService:
    """Adds up what happens to each tool, by `plugin.tool`, over all pipelines it is given to; thread-safe.

    Its size is bounded by the number of tools, with at most `MAX_WARNINGS` different sentences for each.
    """

    MAX_WARNINGS = 20

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, ToolRecord] = {}

    def inspect(
        self, frame_index: int, pressure: Pressure = Pressure.NORMAL, deadline: float | None = None
    ) -> Inspection:
        """Begin the notes on one frame."""
        return Inspection(frame_index, pressure, self._clock, deadline)

    def opened(self, tool: str, metadata: Mapping[str, Any]) -> None:
        """Note what a tool runs on; what was noted last is kept."""
        with self._lock:
            self._record(tool).metadata = dict(metadata)

    def ran(self, tool: str, spent_ms: float, warnings: list[str]) -> None:
        """Note one run that went well."""
        with self._lock:
            record = self._record(tool)
            record.runs += 1
            record.total_ms += spent_ms
            record.max_ms = max(record.max_ms, spent_ms)
            for warning in warnings:
                if warning in record.warnings or len(record.warnings) < self.MAX_WARNINGS:
                    record.warnings[warning] += 1

    def failed(self, tool: str) -> None:
        """Note one run that raised."""
        with self._lock:
            self._record(tool).failures += 1

    def summary(self) -> dict[str, dict[str, Any]]:
        """The JSON form of every tool's record, by `plugin.tool`."""
        with self._lock:
            return {tool: record.as_dict() for tool, record in sorted(self._records.items())}

    def _record(self, tool: str) -> ToolRecord:
        return self._records.setdefault(tool, ToolRecord())


# What this process has seen; a job that wants its own figures makes its own.
process_inspector = InspectorService()
