"""The options of a load test: what the command line says, made into a plan."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from loadtest.plan import LoadPlan, Pattern
from loadtest.presets import PRESETS

# From the names on the command line to those of the plan.
NAMES = {
    "sessions": "sessions",
    "fps": "fps",
    "duration": "duration_s",
    "source": "source",
    "pipeline": "pipeline_id",
    "pattern": "pattern",
    "think": "think_ms",
    "in_flight": "in_flight",
    "size": "size_wh",
    "quality": "quality",
    "steps": "steps",
    "warm_up": "warm_up_s",
    "answer_within": "answer_within_s",
    "processes": "processes",
    "header": "headers",
}


def add_options(parser: ArgumentParser) -> None:
    """Add every option; none has a default here, so that a preset may give one."""
    default = LoadPlan()
    add = parser.add_argument
    add("--url", help="a server that runs; without it one is started and ended")
    add("--preset", choices=sorted(PRESETS), help="a ready-made load; other options change it")
    add("--sessions", type=int, metavar="N", help=f"how many at once (default {default.sessions})")
    add("--fps", type=float, metavar="N", help=f"frames a second of each session (default {default.fps:g}); "
        "0 sends the next when an answer has come")  # fmt: skip
    add("--duration", type=float, metavar="S", help=f"seconds (default {default.duration_s:g})")
    add(
        "--source",
        metavar="FILE",
        help="a video, a picture or a folder of pictures (a printed page)",
    )
    add("--pipeline", metavar="ID", help=f"the pipeline (default {default.pipeline_id})")
    add("--pattern", type=Pattern, choices=list(Pattern), help="how the load goes over time (default steady)")
    add("--think", type=float, metavar="MS", help="with --fps 0: from an answer to the next frame")
    add(
        "--in-flight",
        type=int,
        metavar="N",
        help=f"with --fps 0: frames unanswered (default {default.in_flight})",
    )
    add("--size", type=size, metavar="WxH", help="of the frames (default 640x480)")
    add("--quality", type=int, metavar="N", help=f"of their JPEGs, 1 to 100 (default {default.quality})")
    add("--steps", type=int, metavar="N", help="in which the sessions of a ramp join (default 8)")
    add("--warm-up", type=float, metavar="S", help=f"before it counts (default {default.warm_up_s:g})")
    add("--answer-within", type=float, metavar="S",
        help=f"how long answers are waited for at the end (default {default.answer_within_s:g})")  # fmt: skip
    add("--processes", type=int, metavar="N", help="of clients (default 1, with many sessions 2)")
    add("--header", type=header, action="append", metavar="NAME:VALUE", help="sent with each handshake")
    add("--json", nargs="?", const="-", metavar="FILE", help="every figure as JSON, into a file or printed")
    add("--report", metavar="FILE", help="a page with plots, which needs nothing else: out.html")


def plan_of(options: Mapping[str, Any]) -> LoadPlan:
    """The plan that the options ask for, on top of their preset; raises BadPlan."""
    chosen = dict(PRESETS[options["preset"]]) if options.get("preset") else {}
    for name, field in NAMES.items():
        if options.get(name) is not None:
            chosen[field] = tuple(options[name]) if name == "header" else options[name]
    return LoadPlan(**chosen)


def size(text: str) -> tuple[int, int]:
    """`640x480` as numbers."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ArgumentTypeError(f"{text!r} is no size such as 640x480")
    return int(width), int(height)


def header(text: str) -> tuple[str, str]:
    """`Name: value` as a pair."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ArgumentTypeError(f"{text!r} is no header such as Cookie:name=value")
    return name.strip(), value.strip()
