"""The figures that are measured, and the joining of several turns into one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Any, Self

import numpy as np

from loadtest.report.statistics import jain_index


@dataclass(frozen=True)
class Figures:
    """One turn of one contestant.

    Ages and times in milliseconds, from a frame's sending to its answer; `None` where that cannot be measured
    here. CPU times are of all processes of a side, per answer.
    """

    answers_per_s: float
    age_p50_ms: float | None = None
    age_p95_ms: float | None = None
    age_max_ms: float | None = None
    fairness: float | None = None
    dropped: float | None = None
    unanswered: float | None = None
    server_cpu_ms: float | None = None
    client_cpu_ms: float | None = None
    up_kbit_s: float | None = None

    @classmethod
    def of(cls, ages_ms: Sequence[Sequence[float]], seconds: float, **others: Any) -> Self:
        """From the ages of each session's answers."""
        every = [age for session in ages_ms for age in session]
        p50, p95, most = np.percentile(every, [50, 95, 100]).tolist() if every else (None, None, None)
        fairness = jain_index([len(session) for session in ages_ms]) if len(ages_ms) > 1 else None
        return cls(len(every) / seconds, p50, p95, most, fairness, **others)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From its JSON form; fields that are not known any more are left out."""
        return cls(**{field.name: data[field.name] for field in fields(cls) if field.name in data})


def typical(turns: Sequence[Figures]) -> Figures:
    """The median of each figure over the turns that have it; ValueError without turns."""
    rates = [turn.answers_per_s for turn in turns]
    others = [field.name for field in fields(Figures) if field.name != "answers_per_s"]
    return Figures(median(rates), **{name: median_of(turns, name) for name in others})


def median_of(turns: Sequence[Figures], name: str) -> float | None:
    """The median of one figure, None where no turn has it."""
    values = [value for turn in turns if (value := getattr(turn, name)) is not None]
    return median(values) if values else None


def order_of_round(keys: Sequence[str], number: int) -> list[str]:
    """The order of contestants: every round begins with another one, so nobody always follows the same."""
    shift = number % len(keys) if keys else 0
    turned = [*keys[shift:], *keys[:shift]]
    return turned if number // max(len(keys), 1) % 2 == 0 else turned[::-1]
