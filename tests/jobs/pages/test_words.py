"""Jobs in words and figures; `tests/js/jobs/words.test.js` runs the same table of cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.pages import words
from tests.jobs.samples import job_data

CASES: dict[str, list[list[Any]]] = json.loads(
    (Path(__file__).parents[2] / "data" / "job_words.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("size", "said"), CASES["file_size"])
def test_file_sizes(size: int, said: str) -> None:
    assert words.file_size(size) == said


@pytest.mark.parametrize(("seconds", "said"), CASES["clock_time"])
def test_moments(seconds: float, said: str) -> None:
    assert words.clock_time(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), CASES["duration"])
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(("fields", "said"), CASES["frames"])
def test_frames(fields: dict[str, Any], said: str) -> None:
    job = job_data(frames_done=5, frames_total=10, source_kind="video")
    assert words.frames_in_words({**job, **fields}) == said


@pytest.mark.parametrize(("source", "said"), CASES["source"])
def test_sources(source: dict[str, Any], said: str) -> None:
    assert words.source_in_words(source) == said


@pytest.mark.parametrize(("tool", "said"), CASES["facts"])
def test_tools(tool: dict[str, Any], said: str) -> None:
    assert words.facts_in_words(tool) == said


@pytest.mark.parametrize(("value", "said"), CASES["grouped"])
def test_thousands_are_set_apart(value: int, said: str) -> None:
    assert words.grouped(value) == said


@pytest.mark.parametrize(("status", "word", "tone"), CASES["status"])
def test_states(status: str, word: str, tone: str) -> None:
    assert (words.status_word(status), words.tone(status)) == (word, tone)
