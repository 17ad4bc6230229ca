import json
from dataclasses import replace

import pytest

from loadtest.clients.answer_log import Outcome
from loadtest.plan import Pattern
from loadtest.report.figures import figures_of
from tests.loadtest.made import START, frame, record, result, sample, steady


def test_a_steady_run() -> None:
    figures = figures_of(result(steady(0), steady(1)))
    run = figures["run"]
    assert (run["sent"], run["answered"], run["dropped"], run["errors"], run["unanswered"]) == (
        200,
        200,
        0,
        0,
        0,
    )
    assert run["answers_per_s"] == 20
    assert run["jain_index"] == 1
    assert run["round_trip_ms"]["p95"] == run["age_at_answer_ms"]["max"] == 20
    # It is 20 ms old when it comes and 120 ms old when the next one comes.
    assert run["age_shown_ms"]["mean"] == pytest.approx(70, abs=1)
    assert figures["problems"] == []
    assert [session["answers_per_s"] for session in figures["sessions"]] == [10, 10]
    assert json.loads(json.dumps(figures))["sessions"] == figures["sessions"]


def test_what_became_of_frames_is_told_apart() -> None:
    frames = [
        frame(1, 0.5),
        frame(2, 0.1, Outcome.DROPPED),
        frame(3, 0.2, Outcome.ERROR),
        frame(4, None),
        frame(5, 3, sent_after_s=1),
    ]
    figures = figures_of(result(record(frames, slow_downs=2, unsent=3)))
    run = figures["run"]
    assert (run["sent"], run["answered"], run["dropped"], run["errors"], run["unanswered"]) == (5, 2, 1, 1, 1)
    assert (run["slow_downs"], run["unsent"]) == (2, 3)
    assert run["drop_told_after_ms"]["max"] == 100
    assert (run["round_trip_ms"]["max"], run["age_at_answer_ms"]["max"]) == (2000, 3000)
    assert run["sent_late_ms"]["max"] == 1000
    assert figures["problems"] == ["1 of 5 frames got no answer"]


def test_the_warm_up_counts_for_nothing_but_its_answers() -> None:
    early = frame(-1, None)
    early.warm_up = True
    figures = figures_of(result(record([early, frame(1, 0.1)])))
    assert figures["run"]["sent"] == 1
    assert figures["problems"] == ["1 of 2 frames got no answer"]


def test_answers_that_come_after_the_end_count_and_tell_no_more() -> None:
    run = figures_of(result(record([frame(1, 0.1), frame(9.9, 2)])))["run"]
    assert (run["sent"], run["answered"], run["unanswered"]) == (2, 2, 0)
    assert run["answers_per_s"] == 0.1
    assert run["round_trip_ms"]["max"] == run["age_at_answer_ms"]["max"] == 100


def test_an_older_result_after_a_newer_one_is_nobodys_age() -> None:
    run = figures_of(result(record([frame(1, 5), frame(2, 0.1)])))["run"]
    assert run["round_trip_ms"]["max"] == 5000
    assert run["age_at_answer_ms"]["max"] == 100


def test_what_got_no_result_has_no_figures() -> None:
    figures = figures_of(result(record([frame(1, None)], ended="gone")))
    assert figures["run"]["jain_index"] is None
    assert figures["run"]["age_shown_ms"]["p95"] is None
    assert figures["problems"] == ["1 of 1 frames got no answer", "No frame got a result"]


def test_answers_too_many_are_a_problem_and_abandoned_frames_are_none() -> None:
    left = record([frame(1, 0.1), frame(2, None)], abandoned=1)
    assert figures_of(result(left))["problems"] == []
    assert figures_of(result(left))["run"]["unanswered"] == 0
    twice = record([frame(1, 0.1)], extra=2)
    assert figures_of(result(twice))["problems"] == ["2 answers were to no open frame"]


def test_the_steps_of_a_ramp() -> None:
    first = steady(0)
    second = record([frame(5 + number / 10, 0.5) for number in range(50)], 1, joins_s=5)
    steps = figures_of(result(first, second, pattern=Pattern.RAMP, steps=2))["steps"]
    assert [step["sessions"] for step in steps] == [1, 2]
    assert [step["age_at_answer_ms"]["max"] for step in steps] == [20, 500]
    assert steps[0]["answers_per_s"] == pytest.approx(10, abs=0.3)
    assert steps[1]["answers_per_s"] == pytest.approx(20, abs=0.6)
    assert steps[1]["jain_index"] == pytest.approx(1, abs=0.01)
    assert steps[1]["rates"] == pytest.approx([10, 10], abs=0.5)


def test_chance_is_not_called_unfair() -> None:
    few = [record([frame(place, 0.1)], place) for place in range(4)]
    figures = figures_of(result(*few, pattern=Pattern.RAMP, steps=1))
    assert figures["steps"][0]["jain_index"] is None
    assert figures["run"]["jain_index"] is None, "who came later found more others"


def test_sessions_that_stay_shorter_are_not_treated_worse() -> None:
    first = steady(0)
    short = record([frame(5 + number / 10, 0.02) for number in range(50)], 1, joins_s=5)
    assert figures_of(result(first, short))["run"]["jain_index"] == pytest.approx(1, abs=0.001)


def test_every_second_is_told_even_where_nothing_came() -> None:
    seconds = figures_of(result(record([frame(0.5, 0.1), frame(2.5, 0.2), frame(9.9, 3)])))["over_time"]
    assert [second["at_s"] for second in seconds] == [*range(10), 12]
    assert [second["answered"] for second in seconds[:4]] == [1, 0, 1, 0]
    assert seconds[1]["round_trip_ms"]["p50"] is None


def test_the_server_over_time() -> None:
    samples = [
        sample(-2, 10, 500),
        sample(-0.5, 50, 800),
        sample(1, 100, 900),
        sample(5, 200, 1000),
        sample(12, 0, 810),
    ]
    server = figures_of(result(steady(), server=samples))["server"]
    assert (server["cpu_percent_mean"], server["cpu_percent_max"]) == (150, 200)
    assert (server["memory_mb_start"], server["memory_mb_max"], server["memory_mb_after"]) == (800, 1000, 810)
    assert [one["at_s"] for one in server["samples"]] == [-2, -0.5, 1, 5, 12]


def test_what_the_clients_took() -> None:
    made = replace(result(steady()), clients_cpu_s=0.5)
    assert figures_of(made)["clients"] == {"cpu_percent": 5, "cpu_ms_per_frame": 5}
    assert figures_of(result(record([])))["clients"]["cpu_ms_per_frame"] is None


def test_a_server_that_was_seen_too_late() -> None:
    server = figures_of(result(steady(), server=[sample(11, 10, 500)]))["server"]
    assert (server["cpu_percent_mean"], server["memory_mb_start"], server["memory_mb_max"]) == (0, 500, 500)
    assert figures_of(result(steady()))["server"] == {}


def test_the_beginning_of_the_run_is_zero() -> None:
    assert START > 0
    assert figures_of(result(steady()))["over_time"][0]["at_s"] == 0
