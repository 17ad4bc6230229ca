"""Runs that nobody has carried out, with figures that one can work out by hand."""

from collections.abc import Sequence
from typing import Any

from loadtest.clients.answer_log import Outcome, SentFrame
from loadtest.clients.records import LoadResult, ServerSample, SessionRecord
from loadtest.patterns import Visit
from loadtest.plan import LoadPlan

START = 1000.0
# What a soak says of a figure that stays as it is.
FLAT = {
    "flat": True,
    "first_quarter": 40.0,
    "last_quarter": 41.0,
    "slope_per_hour": 0.5,
    "min": 39.0,
    "max": 44.0,
    "end": 40,
}


def frame(
    taken_s: float, took_s: float | None, outcome: Outcome = Outcome.RESULT, *, sent_after_s: float = 0.0
) -> SentFrame:
    """A frame taken at this second of the run and answered so long after it; None for never."""
    if took_s is None:
        outcome = Outcome.UNANSWERED
    taken_at = START + taken_s
    answered_at = None if took_s is None else taken_at + took_s
    return SentFrame(taken_at, taken_at + sent_after_s, sent_after_s, answered_at, outcome)


def record(
    frames: Sequence[SentFrame], place: int = 0, joins_s: float = 0.0, leaves_s: float = 10.0, **more: Any
) -> SessionRecord:
    """The events of one session."""
    defaults: dict[str, Any] = {
        "connected_after_s": 0.002, "answered_after_s": 0.1, "extra": 0, "slow_downs": 0, "unsent": 0,
        "abandoned": 0, "ended": "", "close_code": 1000,
    }  # fmt: skip
    number = more.pop("number", 0)
    return SessionRecord(Visit(place, number, joins_s, leaves_s), tuple(frames), **{**defaults, **more})


def result(*records: SessionRecord, server: Sequence[ServerSample] = (), **plan: Any) -> LoadResult:
    """A run of ten seconds."""
    made = LoadPlan(**{"sessions": len(records), "duration_s": 10.0, "fps": 10.0, **plan})
    return LoadResult(made, "ws://somewhere/", START, records, tuple(server))


def steady(place: int = 0, took_s: float = 0.02, every_s: float = 0.1) -> SessionRecord:
    """A session that was answered after so long each time."""
    return record([frame(number * every_s, took_s) for number in range(round(10 / every_s))], place)


def sample(at_s: float, cpu_percent: float, memory_mb: float) -> ServerSample:
    """The server at this second of the run."""
    return ServerSample(START + at_s, cpu_percent, memory_mb, processes=2, threads=20)
