"""A load test as one page that needs nothing else: no network, no other file."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from loadtest.report import plots
from loadtest.report.wording import (
    POINTS,
    STEP_HEADS,
    SUMMARIES,
    milliseconds,
    name_of,
    number,
    share,
    step_cells,
    verdict_lines,
)
from loadtest.soak.wording import CLIENT_HEADS, FLAT_HEADS, NOT_WATCHED, client_rows, flat_rows

Figures = Mapping[str, Any]
TEMPLATE = "load/report.html"
SESSION_HEADS = (
    *("session", "sent", "answered", "dropped", "errors", "unanswered", "slow_down", "answers/s"),
    *("trip p50", "trip p95", "age p50", "age p95", "age max", "first answer", "ended early"),
)


def page(figures: Figures) -> str:
    """The whole page."""
    context = {
        **figures,
        "summaries": [
            (label, [milliseconds(figures["run"][key][point]) for point in POINTS])
            for label, key in SUMMARIES.items()
        ],
        "points": POINTS,
        "step_heads": STEP_HEADS,
        "session_heads": SESSION_HEADS,
        "jain": number(figures["run"]["jain_index"], 3),
        "dropped_share": share(figures["run"]["dropped"], figures["run"]["sent"]),
        "step_rows": [step_cells(step) for step in figures["steps"]],
        "session_rows": [session_row(session) for session in figures["sessions"]],
        "verdicts": verdict_lines(figures),
        "plots": drawn(figures),
    }
    if "soak" in figures:
        soak = figures["soak"]
        held = [(FLAT_HEADS, flat_rows(soak))] if soak["flatness"] else []
        context["soak_tables"] = [*held, (CLIENT_HEADS, client_rows(soak))]
        context["not_watched"] = "" if held else NOT_WATCHED
    return render_to_string(TEMPLATE, context)


def drawn(figures: Figures) -> list[dict[str, str]]:
    """Every plot that there is something for, with its title and what it shows."""
    wanted: list[tuple[object, Callable[[Figures], str], str, str]] = [
        (True, plots.latency_over_time, "Age of the picture at its answer", "Each second's results"),
        (True, plots.answers_over_time, "Answers", "Results and dropped frames of each second"),
        (figures["steps"], plots.latency_against_sessions, "Age against sessions", "Each step of the ramp"),
        (figures["steps"], plots.answers_against_sessions, "Answers against sessions", "Sent and answered"),
        (
            len(figures["sessions"]) > 1,
            plots.fairness,
            "Fairness",
            "Answers a second of each session" + (", in the last step" if figures["steps"] else ""),
        ),
        (figures["server"], plots.server_cpu, "The server's CPU", "All its processes; 0 is the start"),
        (figures["server"], plots.server_memory, "The server's memory", "All its processes, resident"),
    ]
    wanted += [
        (True, partial(plots.held_over_time, name=name), name.capitalize(), "Over the whole run")
        for name in figures.get("soak", {}).get("flatness", ())
    ]
    return [
        # Drawn by us: its words are no one else's.
        {"svg": mark_safe(draw(figures)), "title": title, "text": text}
        for there_is, draw, title, text in wanted
        if there_is
    ]


def session_row(session: Figures) -> list[str]:
    """A session as cells."""
    return [
        name_of(session),
        *(str(session[key]) for key in ("sent", "answered", "dropped", "errors", "unanswered", "slow_downs")),
        f"{session['answers_per_s']:.1f}",
        *(milliseconds(session["round_trip_ms"][point]) for point in ("p50", "p95")),
        *(milliseconds(session["age_at_answer_ms"][point]) for point in ("p50", "p95", "max")),
        milliseconds(session["answered_after_ms"]),
        session["ended"],
    ]
