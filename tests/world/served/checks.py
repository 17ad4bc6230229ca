"""Checks of an answer, and the answers to all files of a case."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.world.served.entries import Served, Site

BOX_WITHIN = 0.015
NUMBERED = {"class0": "red", "class1": "green", "class2": "blue"}
PICTURES = ("socket", "run", "trial", "job", "command")
# Live frames are JPEGs.
FORMATS = ("run", "trial", "job", "command")
FILMS = ("job", "command")
# A camera sends a picture for longer than a frame; what a frame has no time to read is read on the next ones.
LOOKS = 4


def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return found


def read_of(answer: Served) -> str:
    """All text of a picture, without the breaks between words."""
    assert answer.error == ""
    return "".join(answer.texts[0].split())


def reads(*words: str) -> Callable[[Served], None]:
    """A check that all of these were read."""

    def check(answer: Served) -> None:
        text = read_of(answer)
        assert all("".join(word.split()) in text for word in words), (text, words)

    return check


def surely(*words: str, above: float) -> Callable[[Served], None]:
    """A check that whatever was read with more than this score is one of these."""
    right = {"".join(word.split()) for word in (*words, *(part for word in words for part in word.split()))}

    def check(answer: Served) -> None:
        assert answer.error == ""
        for box in answer.results[0]["detections"]:
            if box.get("text") and box.get("text_score", 0) > above:
                assert "".join(box["text"].split()) in right, box

    return check


def both(*checks: Callable[[Served], None]) -> Callable[[Served], None]:
    """A check that all of these hold."""

    def check(answer: Served) -> None:
        for one in checks:
            one(answer)

    return check


def places(result: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """Each box by its label; the numbers of networks that note no names stand for the same colours."""
    return {
        NUMBERED.get(box["label"], box["label"]): (box["x"], box["y"], box["w"], box["h"])
        for box in result["detections"]
    }


def finds(boxes: Mapping[str, Sequence[float]]) -> Callable[[Served], None]:
    """A check that these boxes were found, by their labels, and no others."""

    def check(answer: Served) -> None:
        assert answer.error == ""
        found = places(answer.results[0])
        assert sorted(found) == sorted(boxes)
        for label, box in boxes.items():
            assert found[label] == pytest.approx(box, abs=BOX_WITHIN), label

    return check


def answers(
    served: Site, entry: str, pipeline_id: str, paths: Sequence[Path], *, one_session: bool = True
) -> Iterable[tuple[Path, Served]]:
    """Each file's answer; at the socket that to the last of some frames, in one session or one each."""
    if entry != "socket":
        return ((path, getattr(served, entry)(pipeline_id, path)) for path in paths)
    given: list[Served] = []
    for session in [paths] if one_session else [[path] for path in paths]:
        frames = [path for path in session for _ in range(LOOKS)]
        told = served.socket(pipeline_id, *frames)
        assert len(told) == len(frames), told[-1].error
        given += told[LOOKS - 1 :: LOOKS]
    return zip(paths, given, strict=True)
