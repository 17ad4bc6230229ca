"""Every kind of picture file at every entry: areas where they are, and a note where one is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.world.entries import Answer, World
from tests.world.pictures.builders import PLACES
from tests.world.pictures.table import JPEGS, ROWS, Row

WITHIN = 0.03


def assert_shows(result: dict[str, Any], names: tuple[str, ...]) -> None:
    found = {box["label"]: (box["x"], box["y"], box["w"], box["h"]) for box in result["detections"]}
    assert sorted(found) == sorted(names)
    for name in names:
        assert found[name] == pytest.approx(PLACES[name], abs=WITHIN), name


def assert_right(answer: Answer, row: Row, *, whole: bool) -> None:
    pictures = row.pictures if whole else row.pictures[:1]
    said = row.notes if whole else (*row.notes, *row.single)
    width, height = row.size_wh
    assert answer.error == ""
    assert len(answer.results) == len(pictures)
    assert answer.texts[0].split()[0] == f"{width}x{height}"
    for result, names in zip(answer.results, pictures, strict=True):
        assert_shows(result, names if row.colours else ())
    for words in said:
        assert any(words in warning for warning in answer.warnings), answer.warnings
    assert bool(said) == bool(answer.warnings), answer.warnings


@pytest.mark.parametrize("entry", ["run", "trial"])
def test_entries_that_take_one_picture(world: World, entry: str) -> None:
    for row in ROWS:
        with naming(row):
            assert_right(getattr(world, entry)("colours", row.build()), row, whole=False)


@pytest.mark.parametrize("entry", ["job", "command"])
def test_entries_that_take_a_whole_file(world: World, entry: str) -> None:
    for row in ROWS:
        with naming(row):
            assert_right(getattr(world, entry)("colours", row.build()), row, whole=True)


def test_what_cameras_send_in_one_session(world: World) -> None:
    answers = world.socket("colours", *(row.build() for row in JPEGS))
    for answer, row in zip(answers, JPEGS, strict=False):
        with naming(row):
            assert_right(answer, row, whole=False)
    assert len(answers) == len(JPEGS)


@contextmanager
def naming(row: Row) -> Iterator[None]:
    """Say which row is wrong."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{row.name}: {error}") from error
