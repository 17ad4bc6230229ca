"""Jobs in words and figures."""

from typing import Any

import pytest

from jobs import words
from tests.jobs.samples import job_data


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (900, "900 B"), (1536, "1.5 KB"), (2_811_553, "2.7 MB"), (5 * 10**15, "4547 TB")],
)
def test_file_sizes(size: int, said: str) -> None:
    assert words.file_size(size) == said


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00"), (7.9, "0:07"), (65, "1:05"), (3725, "1:02:05")])
def test_moments(seconds: float, said: str) -> None:
    assert words.clock_time(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.44, "0.4 s"), (7, "7 s"), (30.2, "30 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "5 of 10 frames"),
        ({"frames_total": None}, "5 frames"),
        ({"status": "completed", "frames_done": 10}, "10 frames"),
        ({"status": "completed", "frames_done": 1, "frames_total": 1}, "1 frame"),
        ({"status": "failed"}, "5 of 10 frames"),
        ({"source_kind": "picture"}, ""),
        ({"source_kind": "picture", "status": "completed"}, "1 picture"),
    ],
)
def test_frames(fields: dict[str, Any], said: str) -> None:
    job = job_data(frames_done=5, frames_total=10, source_kind="video")
    assert words.frames_in_words({**job, **fields}) == said


def test_sources() -> None:
    source = {"width": 768, "height": 432, "duration_s": 30.16, "source_bytes": 1024}
    assert words.source_in_words(source) == "768 \N{MULTIPLICATION SIGN} 432 · 30 s · 1.0 KB"
    assert words.source_in_words(dict.fromkeys(source, 0)) == ""


def test_tools() -> None:
    tool = {
        "tool": "yolo.detect",
        "device_used": "cpu",
        "fallback": False,
        "fallback_reason": None,
        "imgsz": [640, 480],
        "quick": True,
        "versions": {"openvino": "2026.4"},
    }
    said = "device used cpu · imgsz 640 \N{MULTIPLICATION SIGN} 480 · quick yes · openvino 2026.4"
    assert words.facts_in_words(tool) == said
    assert words.facts_in_words({"quick": False}) == "quick no"


def test_thousands_are_set_apart() -> None:
    assert words.grouped(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
