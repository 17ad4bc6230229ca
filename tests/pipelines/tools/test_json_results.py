import json
import math
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.tools.json_results import json_safe
from tests.pipelines.kit import detection


class Colour(Enum):
    RED = "red"


class Name(str, Enum):  # noqa: UP042  # what a third party may hold
    SHORT = "s"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("text", "text"),
        (0.5, 0.5),
        (math.nan, None),
        (-math.inf, None),
        ((1, (2, 3)), [1, [2, 3]]),
        ({3}, [3]),
        ({1: {"a": (0,)}}, {"1": {"a": [0]}}),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([[1.5, np.nan]]), [[1.5, None]]),
        (np.array([1, 2], np.uint8), [1, 2]),
        (Colour.RED, "red"),
        (Name.SHORT, "s"),
        (Path("a/b"), "a/b"),
        (["kept", b"left out", np.zeros((2, 2, 3), np.uint8)], ["kept"]),
    ],
)
def test_makes_plain_json(value: Any, plain: Any) -> None:
    result = json_safe({"value": value})

    assert result == {"value": plain}
    assert type(result["value"]) is type(plain)
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(
    "value", [b"jpeg", bytearray(b"jpeg"), memoryview(b"jpeg"), np.zeros((4, 4), np.uint8)]
)
def test_leaves_bytes_and_pictures_out(value: Any) -> None:
    assert json_safe({"image": value, "nested": {"deep": value}}) == {"nested": {}}


def test_detections_become_objects() -> None:
    found = detection(score=math.nan, text="EXIT", track_id=np.int64(3))

    assert json_safe({"detections": [found]}) == {
        "detections": [{**detection().as_dict(), "score": None, "text": "EXIT", "track_id": 3}]
    }
