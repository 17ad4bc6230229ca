from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.errors import InvalidImage
from pipelines.evaluation.benchmark import WARM_UP, machine, measure, processor, table, with_rest
from pipelines.graph.execution import open_pipeline
from pipelines.media.images import encode_jpeg
from pipelines.tools.base import RunContext
from pipelines.tools.inspector import InspectorService
from tests.pipelines.kit import definition, open_context, registry, tool


def test_measures_every_stage_after_a_warm_up() -> None:
    seen: list[int] = []

    def look(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        seen.append(context.frame_index)
        return {}

    pipeline = open_pipeline(
        definition({"look": "look"}),
        registry(tool("look", look)),
        open_context(Path("nowhere")),
        InspectorService(),
    )

    figures = measure(pipeline, encode_jpeg(np.zeros((48, 64, 3), np.uint8)), 5)

    assert list(figures) == ["decode", "look", "rest", "total"]
    assert all(0 <= figure["median"] <= figure["p95"] for figure in figures.values())
    assert figures["decode"]["median"] > 0
    assert seen == list(range(1, WARM_UP + 6))


def test_what_the_stages_leave_is_the_rest() -> None:
    assert with_rest({"decode": 1.0, "look": 2.5, "total": 4.0}) == {
        "decode": 1.0,
        "look": 2.5,
        "rest": 0.5,
        "total": 4.0,
    }
    assert with_rest({"decode": 1.001, "total": 1.0})["rest"] == 0.0


def test_a_table_is_aligned() -> None:
    lines = table({"decode": {"median": 0.5, "p95": 1.25}, "a_long_name": {"median": 123.456, "p95": 200.0}})

    assert lines.splitlines() == [
        "stage        median ms     p95 ms",
        "decode            0.50       1.25",
        "a_long_name     123.46     200.00",
    ]


def test_names_the_machine(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name : Fast One 9000\nmodel name : other\n")

    assert processor(cpuinfo) == "Fast One 9000"
    cpuinfo.write_text("processor : 0\n")
    assert processor(cpuinfo) == processor(tmp_path / "gone") != ""
    assert "cores" in machine()


def test_needs_a_frame(tmp_path: Path) -> None:
    pipeline = open_pipeline(definition({"look": "look"}), registry(tool("look")), open_context(tmp_path))

    with pytest.raises(InvalidImage, match="Not a picture"):
        measure(pipeline, b"junk", 1)
