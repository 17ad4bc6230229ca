import re
from typing import Any

from loadtest.clients.answer_log import Outcome
from loadtest.clients.records import LoadResult, State
from loadtest.plan import LoadPlan, Pattern
from loadtest.report.figures import figures_of
from loadtest.report.wording import describe, progress_line, summary
from tests.loadtest.made import FLAT, frame, record, result, sample, steady


def told(made: LoadResult, **more: Any) -> str:
    return summary({"load": describe(made.plan), **figures_of(made), **more})


def test_loads_in_a_sentence() -> None:
    assert describe(LoadPlan()) == "yolo_ocr: 1 session, 15 frames a second each, steady, 20 s"
    closed = LoadPlan(sessions=3, fps=0, think_ms=50, pattern=Pattern.CHURN)
    assert (
        describe(closed) == "yolo_ocr: 3 sessions, 2 frames under way, 50 ms after each answer, churn, 20 s"
    )
    assert "after each answer" not in describe(LoadPlan(fps=0))


def test_progress() -> None:
    plan = LoadPlan(duration_s=20)
    assert progress_line(plan, State(None)) == "the sessions arrive, the server warms up"
    counts = tuple({Outcome.RESULT: 30, Outcome.DROPPED: 10, Outcome.ERROR: 0, Outcome.UNANSWERED: 2}.items())
    state = State(21.0, 3, counts, (0.02, 0.02), sample(1, 151, 900))
    assert progress_line(plan, state) == (
        "20 of 20 s · 3 sessions · 42 sent · 30 answered · 10 dropped · p95 20.0 ms"
        " · server 151 % CPU, 900 MB"
    )
    failing = State(1.0, 1, ((Outcome.ERROR, 1),))
    assert progress_line(plan, failing) == (
        "1 of 20 s · 1 session · 1 sent · 0 answered · 0 dropped · p95 - ms · 1 errors"
    )


def test_a_good_run() -> None:
    text = told(result(steady(0), steady(1), server=[sample(1, 150, 900)]))
    assert "200 sent, 200 answered, 0 dropped, 0 errors, 0 unanswered" in text
    assert "20.0 a second, Jain's index 1.000" in text
    assert "CPU 150 % of a core" in text
    assert [line.split() for line in text.splitlines() if line.startswith("2 ")] == [
        ["2", "100", "100", "0", "10.0", "20.0", "20.0"]
    ]
    assert text.endswith("Every frame got exactly one answer")


def test_one_session_needs_no_table() -> None:
    assert "session  " not in told(result(steady()))


def test_a_ramp_has_a_line_for_each_step() -> None:
    late = record([frame(5, 0.5), frame(8, 0.1, Outcome.DROPPED)], 1, joins_s=5, number=1)
    text = told(result(steady(0), late, pattern=Pattern.RAMP, steps=2))
    table = text[text.index("sessions  ") :].split("\n\n")[0]
    heads, first, second = (line.split() for line in table.splitlines())
    assert heads[:3] == ["sessions", "answers/s", "dropped"]
    assert (first[0], second[0]) == ("1", "2")
    assert second[2:4] == ["3", "%"]
    assert "2.2 " in text


def test_a_bad_run_says_what_was_bad() -> None:
    late = frame(2, 1, sent_after_s=0.5)
    gone = record([frame(1, None), late], ended="closed with 1011", unsent=4)
    text = told(result(gone, gone), capacity_per_s=60.0, age_bound_ms=250.0)
    assert "2 sessions ended early: closed with 1011" in text
    assert "8 frames were due and could not be sent" in text
    assert "The clients themselves were late (p95 500 ms)" in text
    assert "0.2 answers a second where one session got 60.0 (0 %)" in text
    assert "age p95 1000 ms where a turn of all takes 250" in text
    assert text.endswith("2 of 4 frames got no answer")


def test_nothing_at_all() -> None:
    text = told(result(record([])))
    assert "Jain" not in text
    assert text.endswith("No frame got a result")


def test_a_soak_says_what_was_held_and_done() -> None:
    unknown = {"flat": None, "samples": 3}
    clients = {"reads slowly": {"done": 12, "refused": 1, "failed": 0}}
    text = told(
        result(steady()),
        soak={"flatness": {"server threads": FLAT, "server memory": unknown}, "clients": clients},
    )
    assert re.search(r"^server threads +40.0 +41.0 +0.5 +39.0 +44.0 +40.0 +flat$", text, re.M)
    assert re.search(r"^server memory( +-){6} +not judged$", text, re.M)
    assert re.search(r"^reads slowly +12 +1 +0$", text, re.M)
