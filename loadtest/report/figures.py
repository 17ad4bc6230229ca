"""Computes the figures of a run from its records, JSON-safe."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any

from loadtest.clients.answer_log import Outcome, SentFrame
from loadtest.clients.records import LoadResult, ServerSample, SessionRecord
from loadtest.clients.windows import (
    ages_at_answer,
    answered_within,
    count,
    rates_of,
    results,
    round_trips,
    shown_spans,
    taken_within,
)
from loadtest.patterns import Window, step_windows
from loadtest.plan import Pattern
from loadtest.report.statistics import jain_index, shown_age_summary, summary_ms

Figures = dict[str, Any]

# The beginning of a ramp's step still belongs to the one before.
SETTLING = 0.25
# With fewer results than so many a session, who has one more or less is chance.
ENOUGH_TO_BE_FAIR = 5


def figures_of(result: LoadResult) -> Figures:
    """Everything: the run, its sessions, a ramp's steps, each second, the server, what went wrong."""
    run = figures_within(result, (0.0, result.plan.duration_s))
    if result.plan.pattern is Pattern.RAMP:
        # Who comes later finds more others there: that is not unfair.
        run["jain_index"] = None
    return {
        "plan": dict(result.plan.as_dict()),
        "url": result.url,
        "run": run,
        "sessions": [session_figures(result, record) for record in result.records],
        "steps": steps_of(result) if result.plan.pattern is Pattern.RAMP else [],
        "over_time": over_time(result),
        "clients": client_figures(result),
        "server": server_figures(result),
        "problems": problems_of(result.records),
    }


def figures_within(result: LoadResult, window: Window, records: Sequence[SessionRecord] = ()) -> Figures:
    """The figures of a stretch of time; all sessions if none are named.

    Frames are counted by when they were taken, latencies and rates by when answers came: after the end no
    newer frame comes that could have taken the place of the last one.
    """
    records = records or result.records
    frames = [frame for record in records for frame in taken_within(result, record, window)]
    heard = [frame for record in records for frame in answered_within(result, record, window)]
    abandoned = sum(record.abandoned for record in records)
    answers = count(heard, Outcome.RESULT)
    return {
        "sent": len(frames),
        **{name: count(frames, outcome) for name, outcome in COUNTED.items()},
        "unanswered": count(frames, Outcome.UNANSWERED) - abandoned,
        "extra_answers": sum(record.extra for record in records),
        "slow_downs": sum(record.slow_downs for record in records),
        "unsent": sum(record.unsent for record in records),
        "abandoned": abandoned,
        "answers_per_s": round(answers / (window[1] - window[0]), 3),
        "round_trip_ms": summary_ms(round_trips(heard, Outcome.RESULT)),
        "age_at_answer_ms": summary_ms(
            age for record in records for age in ages_at_answer(result, record, window)
        ),
        "age_shown_ms": shown_age_summary(
            span for record in records for span in shown_spans(result, record, window)
        ),
        "drop_told_after_ms": summary_ms(round_trips(heard, Outcome.DROPPED)),
        "sent_late_ms": summary_ms(frame.late_s for frame in frames),
        "jain_index": jain_index(rates_of(result, records, window)),
    }


COUNTED = {
    "answered": Outcome.RESULT,
    "dropped": Outcome.DROPPED,
    "errors": Outcome.ERROR,
}


def session_figures(result: LoadResult, record: SessionRecord) -> Figures:
    """The figures of one session, while it was there."""
    visit = record.visit
    return {
        "place": visit.place,
        "number": visit.number,
        "joined_s": round(visit.joins_s, 3),
        "left_s": round(visit.leaves_s, 3),
        "connected_after_ms": milliseconds(record.connected_after_s),
        "answered_after_ms": milliseconds(record.answered_after_s),
        "ended": record.ended,
        "close_code": record.close_code,
        **figures_within(result, (visit.joins_s, visit.leaves_s), [record]),
    }


def steps_of(result: LoadResult) -> list[Figures]:
    """The figures of each step of a ramp, once it has settled; `rates` are the sessions' results a second."""
    steps = []
    for number, (begins, ends) in enumerate(step_windows(result.plan), start=1):
        settled = (begins + SETTLING * (ends - begins), ends)
        figures = figures_within(result, settled)
        rates = rates_of(result, result.records, settled)
        if figures["answers_per_s"] * (settled[1] - settled[0]) < ENOUGH_TO_BE_FAIR * len(rates):
            figures["jain_index"] = None
        steps.append(
            {
                "sessions": result.plan.step_sessions(number),
                "from_s": settled[0],
                "to_s": settled[1],
                "rates": [round(rate, 3) for rate in rates],
                **figures,
            }
        )
    return steps


def over_time(result: LoadResult, every_s: float = 1.0) -> list[Figures]:
    """For each second: what was answered then, and how long it had taken."""
    bins: dict[int, list[SentFrame]] = {at: [] for at in range(ceil(result.plan.duration_s / every_s))}
    for record in result.records:
        for frame in record.frames:
            if frame.answered_at is not None and not frame.warm_up and frame.answered_at >= result.start:
                bins.setdefault(int((frame.answered_at - result.start) / every_s), []).append(frame)
    return [
        {
            "at_s": number * every_s,
            "answered": count(frames, Outcome.RESULT),
            "dropped": count(frames, Outcome.DROPPED),
            "round_trip_ms": summary_ms(round_trips(frames, Outcome.RESULT)),
            "age_at_answer_ms": summary_ms(answered - taken for taken, answered in results(frames)),
        }
        for number, frames in sorted(bins.items())
    ]


def client_figures(result: LoadResult) -> Figures:
    """The CPU of the clients themselves, which the server could not have where they share a machine."""
    frames = sum(len(record.frames) for record in result.records)
    return {
        "cpu_percent": round(100 * result.clients_cpu_s / result.plan.duration_s, 1),
        "cpu_ms_per_frame": round(1000 * result.clients_cpu_s / frames, 3) if frames else None,
    }


def server_figures(result: LoadResult) -> Figures:
    """CPU and memory of the server over time, and in sum; empty where it could not be watched."""
    if not result.server:
        return {}
    before = within(result.server, 0, result.start)
    busy = within(result.server, result.start, result.start + result.plan.duration_s)
    return {
        "cpu_percent_mean": round(sum(sample.cpu_percent for sample in busy) / max(len(busy), 1), 1),
        "cpu_percent_max": max((sample.cpu_percent for sample in busy), default=0.0),
        "memory_mb_start": before[-1].memory_mb if before else result.server[0].memory_mb,
        "memory_mb_max": max((sample.memory_mb for sample in busy), default=result.server[-1].memory_mb),
        "memory_mb_after": result.server[-1].memory_mb,
        "samples": [
            {
                "at_s": round(sample.at - result.start, 2),
                "cpu_percent": sample.cpu_percent,
                "memory_mb": sample.memory_mb,
                "processes": sample.processes,
                "threads": sample.threads,
            }
            for sample in result.server
        ],
    }


def problems_of(records: Sequence[SessionRecord]) -> list[str]:
    """In which ways not every frame got exactly one answer; none if all is well."""
    frames = [frame for record in records for frame in record.frames]
    unanswered = count(frames, Outcome.UNANSWERED) - sum(record.abandoned for record in records)
    extra = sum(record.extra for record in records)
    problems = []
    if unanswered:
        problems.append(f"{unanswered} of {len(frames)} frames got no answer")
    if extra:
        problems.append(f"{extra} answers were to no open frame")
    if not count(frames, Outcome.RESULT):
        problems.append("No frame got a result")
    return problems


def within(samples: Iterable[ServerSample], begins: float, ends: float) -> list[ServerSample]:
    """The samples of this time."""
    return [sample for sample in samples if begins < sample.at <= ends]


def milliseconds(seconds: float | None) -> float | None:
    """To a hundredth of a millisecond."""
    return None if seconds is None else round(seconds * 1000, 2)
