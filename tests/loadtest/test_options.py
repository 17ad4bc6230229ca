import re
from argparse import ArgumentError, ArgumentParser
from typing import Any

import pytest

from loadtest.options import NAMES, add_options, plan_of
from loadtest.plan import BadPlan, LoadPlan, Pattern
from loadtest.presets import PRESETS, age_bound_ms, capacity_plan, overload_plan
from tests.streaming.live import ROOT


def parsed(*words: str) -> dict[str, Any]:
    parser = ArgumentParser(exit_on_error=False)
    add_options(parser)
    return vars(parser.parse_args(words))


def test_without_options_the_plan_is_the_default_one() -> None:
    assert plan_of(parsed()) == LoadPlan()


def test_every_option_reaches_the_plan() -> None:
    plan = plan_of(
        parsed(
            *(
                "--sessions",
                "3",
                "--fps",
                "0",
                "--duration",
                "7",
                "--source",
                "film.mp4",
                "--pipeline",
                "ocr_only",
            ),
            *(
                "--pattern",
                "ramp",
                "--think",
                "5",
                "--in-flight",
                "4",
                "--size",
                "320x240",
                "--quality",
                "60",
            ),
            *("--steps", "2", "--warm-up", "1", "--answer-within", "3", "--processes", "2"),
            *("--header", "Cookie: a=b:c", "--header", "X-One:1"),
        )
    )
    assert plan == LoadPlan(
        sessions=3, fps=0, duration_s=7, source="film.mp4", pipeline_id="ocr_only", pattern=Pattern.RAMP,
        think_ms=5, in_flight=4, size_wh=(320, 240), quality=60, steps=2, warm_up_s=1, answer_within_s=3,
        processes=2, headers=(("Cookie", "a=b:c"), ("X-One", "1")),
    )  # fmt: skip
    assert set(NAMES) <= set(parsed())


def test_every_option_and_preset_is_documented() -> None:
    parser = ArgumentParser()
    add_options(parser)
    page = (ROOT / "docs" / "LOAD_TEST.md").read_text()
    named = [action.option_strings[-1] for action in parser._actions]
    assert [name for name in named if name != "--help" and not re.search(rf"^\|.*`{name}`", page, re.M)] == []
    assert [name for name in PRESETS if f"| `{name}` |" not in page] == []


def test_a_preset_can_be_changed() -> None:
    plan = plan_of(parsed("--preset", "crowd", "--sessions", "10"))
    assert (plan.sessions, plan.pattern, plan.fps) == (10, Pattern.RAMP, PRESETS["crowd"]["fps"])


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_plan(preset: str) -> None:
    assert plan_of({"preset": preset}).duration_s > 0


@pytest.mark.parametrize(
    "words",
    [
        ("--size", "640"),
        ("--size", "0x9"),
        ("--size", "axb"),
        ("--header", "Cookie"),
        ("--header", ":x"),
    ],
)
def test_what_cannot_be_read_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ArgumentError, match="is no"):
        parsed(*words)


def test_nonsense_is_refused() -> None:
    with pytest.raises(BadPlan):
        plan_of(parsed("--sessions", "0"))


def test_overload_offers_four_times_what_was_measured() -> None:
    plan = LoadPlan(sessions=16, duration_s=30)
    alone = capacity_plan(plan)
    assert (alone.sessions, alone.closed_loop, alone.in_flight) == (1, True, 2)
    too_much = overload_plan(plan, 60.0)
    assert too_much.sessions * too_much.fps == pytest.approx(240)
    assert age_bound_ms(too_much, 60.0) == pytest.approx(1000 / 15 + 17 * 1000 / 60, abs=0.1)
