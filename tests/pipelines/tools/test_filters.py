"""The boxes that filters keep, and what else they pass on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.tools.base import RunContext
from pipelines.tools.filters import plugin
from tests.pipelines.kit import open_context

PERSON = Detection(0.1, 0.1, 0.2, 0.5, "person", 0.9, track_id=1)
CAR = Detection(0.5, 0.5, 0.4, 0.4, "car", 0.6, track_id=2)
CUP = Detection(0.7, 0.1, 0.05, 0.1, "cup", 0.3)
ALL = [PERSON, CAR, CUP]
LEFT = [[0, 0], [0.4, 0], [0.4, 1], [0, 1]]
TOP = [[0, 0], [1, 0], [1, 0.5], [0, 0.5]]


def filtered(payload: dict[str, Any], **params: Any) -> dict[str, Any]:
    spec = plugin.tools[0]
    tool = spec.open(spec.params.model_validate(params), open_context(Path("nowhere")))
    outputs = dict(tool.run({"image": np.zeros((48, 64, 3), np.uint8), **payload}, RunContext(1)))
    assert tool.metadata() == {}
    tool.close()
    return outputs


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({}, ["person", "car", "cup"]),
        ({"labels": ["cup", "person"]}, ["person", "cup"]),
        ({"labels": []}, []),
        ({"not_labels": ["person"]}, ["car", "cup"]),
        ({"labels": ["car", "cup"], "not_labels": ["cup"]}, ["car"]),
        ({"min_score": 0.6}, ["person", "car"]),
        ({"max_score": 0.6}, ["car", "cup"]),
        ({"min_score": 0.4, "max_score": 0.7}, ["car"]),
        ({"min_area": 0.1}, ["person", "car"]),
        ({"max_area": 0.12}, ["person", "cup"]),
        ({"zones": [LEFT]}, ["person"]),
        ({"zones": [LEFT, TOP]}, ["person", "cup"]),
        ({"zones": [TOP], "anchor": "centre"}, ["person", "cup"]),
        ({"not_zones": [LEFT]}, ["car", "cup"]),
        ({"not_zones": [LEFT, TOP]}, ["car"]),
        ({"zones": [TOP], "not_zones": [LEFT]}, ["cup"]),
        ({"min_score": 0.5, "zones": [TOP]}, []),
    ],
)
def test_what_stays(params: dict[str, Any], kept: list[str]) -> None:
    assert [box.label for box in filtered({"detections": ALL}, **params)["detections"]] == kept


def test_gives_only_what_it_was_given() -> None:
    assert filtered({"image": None, "detections": []}) == {"detections": []}


def test_tracks_text_and_counts_go_along() -> None:
    sign = replace(CUP, label="text", text="EXIT")
    plate = replace(CAR, label="text", text="B 17")
    given = {"detections": [PERSON, sign, plate], "tracks": [PERSON, CAR], "text": "EXIT\nB 17"}

    assert filtered({**given, "counts": {"zones": {}}}, min_score=0.5) == {
        "detections": [PERSON, plate],
        "tracks": [PERSON, CAR],
        "text": "B 17",
        "counts": {"zones": {}},
    }
    assert filtered(given, not_labels=["person"])["tracks"] == [CAR]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"min_score": 0.8, "max_score": 0.2}, r"min_score \(0.8\) is above max_score \(0.2\): no box would"),
        ({"min_area": 0.5, "max_area": 0.25}, r"min_area \(0.5\) is above max_area \(0.25\)"),
        ({"zones": []}, "at least 1 item"),
        ({"zones": [[[0, 0], [1, 1]]]}, "at least three points that differ, not 2"),
        ({"anchor": "top"}, "'bottom' or 'centre'"),
        ({"label": ["car"]}, "Extra inputs"),
    ],
)
def test_what_no_filter_can_be(params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        plugin.tools[0].params.model_validate(params)
