"""A load test in words: its progress in one line, its figures as tables of text."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from loadtest.clients.answer_log import Outcome
from loadtest.clients.records import State
from loadtest.plan import LoadPlan
from loadtest.report.statistics import summary_ms
from loadtest.soak.wording import soak_lines

SESSIONS_LISTED = 20
# Clients that are this late have no room beside the server: their figures tell of themselves.
LATE_MS = 10.0
SUMMARIES = {
    "round trip": "round_trip_ms",
    "age at answer": "age_at_answer_ms",
    "age on the screen": "age_shown_ms",
}
POINTS = ("p50", "p95", "p99", "max")
STEP_HEADS = ("sessions", "answers/s", "dropped", *(f"age {point}" for point in POINTS), "Jain")


def progress_line(plan: LoadPlan, state: State) -> str:
    """The progress of the run, in one line."""
    if state.elapsed_s is None:
        return "the sessions arrive, the server warms up"
    counts = dict(state.counts)
    p95 = summary_ms(state.round_trips_s)["p95"]
    parts = [
        f"{min(state.elapsed_s, plan.duration_s):.0f} of {plan.duration_s:g} s",
        how_many(state.sessions),
        f"{sum(counts.values())} sent",
        f"{counts.get(Outcome.RESULT, 0)} answered",
        f"{counts.get(Outcome.DROPPED, 0)} dropped",
        f"p95 {milliseconds(p95)} ms",
    ]
    if counts.get(Outcome.ERROR):
        parts.append(f"{counts[Outcome.ERROR]} errors")
    if state.server:
        parts.append(f"server {state.server.cpu_percent:.0f} % CPU, {state.server.memory_mb:.0f} MB")
    return " · ".join(parts)


def describe(plan: LoadPlan) -> str:
    """The load in a sentence."""
    sessions = how_many(plan.sessions)
    if plan.closed_loop:
        think = f", {plan.think_ms:g} ms after each answer" if plan.think_ms else ""
        pace = f"{plan.in_flight} frames under way{think}"
    else:
        pace = f"{plan.fps:g} frames a second each"
    return f"{plan.pipeline_id}: {sessions}, {pace}, {plan.pattern}, {plan.duration_s:g} s"


def summary(figures: Mapping[str, Any]) -> str:
    """All that one wants to know at first, in lines."""
    blocks = [[figures["load"]], run_lines(figures)]
    if figures["steps"]:
        blocks.append(step_lines(figures["steps"]))
    if "soak" in figures:
        blocks.append(soak_lines(figures["soak"]))
    blocks += [session_lines(figures["sessions"]), verdict_lines(figures)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def run_lines(figures: Mapping[str, Any]) -> list[str]:
    """The whole run."""
    run, server = figures["run"], figures["server"]
    lines = [
        f"frames             {run['sent']} sent, {run['answered']} answered, {run['dropped']} dropped, "
        f"{run['errors']} errors, {run['unanswered']} unanswered",
        f"answers            {run['answers_per_s']:.1f} a second, "
        + (f"Jain's index {run['jain_index']:.3f}, " if run["jain_index"] is not None else "")
        + f"slow_down {run['slow_downs']} times",
        "",
        table_line(["ms", *POINTS]),
    ]
    lines += [
        table_line([label, *(milliseconds(run[key][point]) for point in POINTS)])
        for label, key in SUMMARIES.items()
    ]
    lines += ["", f"clients            CPU {figures['clients']['cpu_percent']:.0f} % of a core"]
    if server:
        lines += [
            f"server             CPU {server['cpu_percent_mean']:.0f} % of a core "
            f"(at most {server['cpu_percent_max']:.0f}), memory {server['memory_mb_start']:.0f} MB at first, "
            f"{server['memory_mb_max']:.0f} at most, {server['memory_mb_after']:.0f} afterwards",
        ]
    return lines


def step_lines(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """A ramp's steps, one a line."""
    return [table_line(STEP_HEADS), *(table_line(step_cells(step)) for step in steps)]


def step_cells(step: Mapping[str, Any]) -> list[str]:
    """A ramp's step under the heads."""
    return [
        str(step["sessions"]),
        f"{step['answers_per_s']:.1f}",
        share(step["dropped"], step["sent"]),
        *(milliseconds(step["age_at_answer_ms"][point]) for point in POINTS),
        number(step["jain_index"], 3),
    ]


def session_lines(sessions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each session in a line, where they are few."""
    if not 1 < len(sessions) <= SESSIONS_LISTED:
        return []
    heads = ["session", "sent", "answered", "dropped", "answers/s", "age p50", "age p95"]
    return [table_line(heads)] + [
        table_line(
            [
                name_of(session),
                *(str(session[key]) for key in ("sent", "answered", "dropped")),
                f"{session['answers_per_s']:.1f}",
                milliseconds(session["age_at_answer_ms"]["p50"]),
                milliseconds(session["age_at_answer_ms"]["p95"]),
            ]
        )
        for session in sessions
    ]


def verdict_lines(figures: Mapping[str, Any]) -> list[str]:
    """The verdict on the run: what ended early, was late or went wrong."""
    run = figures["run"]
    ends = Counter(session["ended"] for session in figures["sessions"] if session["ended"])
    lines = [f"{how_many(times)} ended early: {reason}" for reason, times in ends.items()]
    if run["unsent"]:
        lines.append(f"{run['unsent']} frames were due and could not be sent")
    late = run["sent_late_ms"]["p95"]
    if late is not None and late > LATE_MS:
        lines.append(
            f"The clients themselves were late (p95 {milliseconds(late)} ms): they need more room than "
            "the server leaves them here"
        )
    if "age_bound_ms" in figures:
        lines.append(overload_line(figures))
    return lines + (figures["problems"] or ["Every frame got exactly one answer"])


def overload_line(figures: Mapping[str, Any]) -> str:
    """The answers under four times too much beside what one session gets, and the ages beside their bound."""
    capacity, answers_per_s = figures["capacity_per_s"], figures["run"]["answers_per_s"]
    age = figures["run"]["age_at_answer_ms"]["p95"]
    return (
        f"Under four times too much: {answers_per_s:.1f} answers a second where one session got "
        f"{capacity:.1f} ({share(answers_per_s, capacity)}), age p95 {milliseconds(age)} ms "
        f"where a turn of all takes {milliseconds(figures['age_bound_ms'])}"
    )


def how_many(sessions: int) -> str:
    """So many sessions."""
    return "1 session" if sessions == 1 else f"{sessions} sessions"


def name_of(session: Mapping[str, Any]) -> str:
    """A session's place, and the how-manieth it is there."""
    return f"{session['place'] + 1}" + (f".{session['number'] + 1}" if session["number"] else "")


def table_line(cells: Sequence[str]) -> str:
    """Cells under each other."""
    return f"{cells[0]:<17}" + "".join(f"{cell:>11}" for cell in cells[1:])


def share(part: float, whole: float) -> str:
    """In percent."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def milliseconds(value: float | None) -> str:
    """With as many digits as are worth reading."""
    return "-" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def number(value: float | None, digits: int) -> str:
    """A figure that may be missing."""
    return "-" if value is None else f"{value:.{digits}f}"
