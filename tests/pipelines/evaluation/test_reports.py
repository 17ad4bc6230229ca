import json
from typing import Any

import pytest

from pipelines.evaluation.reports import as_line, as_text, box_line, describe
from pipelines.tools.inspector import RunReport
from tests.pipelines.kit import detection

TIMINGS = {"decode": 0.5, "read": 10.25, "total": 11.0}


def report(result: dict[str, Any], *warnings: str, **counters: int) -> RunReport:
    return RunReport(result, TIMINGS, list(warnings), counters)


def test_a_line_of_json_has_only_what_there_is() -> None:
    line = as_line(3, report({"text": "Ä"}))

    assert "\n" not in line
    assert "Ä" in line
    assert json.loads(line) == {"frame_index": 3, "result": {"text": "Ä"}, "timings_ms": TIMINGS}
    more = json.loads(as_line(3, report({}, "dark", ocr_reads=2)))
    assert (more["warnings"], more["counters"]) == (["dark"], {"ocr_reads": 2})


def test_text_for_a_person() -> None:
    found = detection(text="NO ENTRY", text_score=0.975, track_id=7).as_dict()

    lines = as_text(
        report({"detections": [found], "text": "NO ENTRY"}, "dark"), {"read": {"device_used": "cpu"}}
    )

    assert lines.splitlines() == [
        "1 detection",
        "  x=0.100 y=0.200 w=0.300 h=0.400 sign 0.90 #7 'NO ENTRY' (0.97)",
        "text: NO ENTRY",
        "ms: decode 0.5, read 10.2, total 11.0",
        "warning: dark",
        "read: device_used=cpu",
    ]


def test_no_detection_is_a_result() -> None:
    assert as_text(report({"detections": []}), {}).splitlines()[0] == "0 detections"


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (detection().as_dict(), "x=0.100 y=0.200 w=0.300 h=0.400 sign 0.90"),
        (
            {**detection(text="A").as_dict(), "x": None, "score": None},
            "x=0.000 y=0.200 w=0.300 h=0.400 sign 0.00 'A' (0.00)",
        ),
    ],
)
def test_one_detection(found: dict[str, Any], line: str) -> None:
    assert box_line(found) == line


def test_describes_each_node() -> None:
    assert (
        describe({"a": {"backend": "openvino", "fallback": False, "reason": None}, "b": {}})
        == "a: backend=openvino, fallback=False\nb: "
    )
