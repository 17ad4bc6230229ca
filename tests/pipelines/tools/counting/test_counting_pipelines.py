"""Counting behind other tools: filters, what a graph may hold, and real videos."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines.detections import Detection
from pipelines.graph.definition import parse
from pipelines.graph.execution import OpenPipeline, open_pipeline
from pipelines.graph.validation import validate
from pipelines.tools.base import Plugin, RunContext
from pipelines.tools.counting.counts import plugin
from pipelines.tools.filters import plugin as filters
from pipelines.tools.inspector import InspectorService
from pipelines.tools.registry import PluginRegistry
from tests.pipelines.kit import open_context, tool
from tests.pipelines.tools.conftest import Image, MakeContext
from tests.pipelines.tools.counting.samples import LEFT, ROAD, at
from tests.pipelines.tools.yolo.test_tracker import frames_of


def graph(*tools: tuple[str, Mapping[str, Any]], first: str = "track") -> dict[str, Any]:
    """One tool after the other, behind a tool that finds boxes."""
    nodes: list[dict[str, Any]] = [{"id": "see", "plugin_id": "eyes", "tool_id": first, "params": {}}]
    for number, (name, params) in enumerate(tools):
        plugin_id, tool_id = name.split(".")
        nodes.append({"id": f"n{number}", "plugin_id": plugin_id, "tool_id": tool_id, "params": dict(params)})
    ids = [str(node["id"]) for node in nodes]
    edges = [{"from_node": one, "to_node": other} for one, other in pairwise(ids)]
    ends = {"entry_nodes": ["see"], "output_nodes": [ids[-1]]}
    return {"id": "counting", "name": "Counting", "nodes": nodes, "edges": edges, **ends}


def eyes(frames: list[list[Detection]]) -> Plugin:
    """Finds these boxes, one list on each frame."""

    def see(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        boxes = frames[context.frame_index - 1]
        return {"detections": boxes, "tracks": boxes}

    found = ["detections", "tracks"]
    return Plugin(
        "eyes", "Eyes", "1", (tool("track", see, gives=found), tool("detect", see, gives=found[:1]))
    )


def opened(definition: dict[str, Any], frames: list[list[Detection]]) -> OpenPipeline:
    parsed, problems = parse(definition)
    assert parsed is not None, problems
    registry = PluginRegistry([eyes(frames), plugin, filters])
    return open_pipeline(parsed, registry, open_context(Path("nowhere")), InspectorService())


def test_a_chain_counts_what_its_filter_lets_through(noise: Image) -> None:
    frames = [[at(0.3, y, 1), at(0.6, y, 2, "bird"), at(0.7, 1.1 - y, 3)] for y in (0.9, 0.7, 0.6, 0.4, 0.2)]
    chain = graph(
        ("filter.detections", {"not_labels": ["bird"]}),
        ("count.zones", {"zones": {"left": LEFT}}),
        ("count.lines", {"lines": {"road": [[0, 0.5], [1, 0.5]]}}),
    )
    with_pipeline = opened(chain, frames)

    results = [with_pipeline.run({"frame_index": n, "image": noise}).result for n in range(1, 6)]

    assert json.loads(json.dumps(results[-1]["counts"])) == {
        "zones": {"left": {"now": 1, "labels": {"car": 1}, "tracks": [1], "total": 1}},
        "lines": {"road": {"in": 1, "out": 1, "labels": {"car": {"in": 1, "out": 1}}, "crossed": []}},
    }
    assert [box["track_id"] for box in results[-1]["detections"]] == [1, 3]


@pytest.mark.parametrize(
    "between", [(), (("filter.detections", {}),), (("count.zones", {"zones": {"a": LEFT}}),)]
)
def test_lines_need_tracks_however_far_they_come_from(
    between: tuple[tuple[str, dict[str, Any]], ...],
) -> None:
    registry = PluginRegistry([eyes([]), plugin, filters])
    chain = (*between, ("count.lines", {"lines": ROAD}))

    assert validate(graph(*chain), registry) == []
    problems = [str(problem) for problem in validate(graph(*chain, first="detect"), registry)]
    assert f"nodes[n{len(between)}]: needs tracks, which no node directly before it gives" in problems


@pytest.mark.parametrize(
    ("name", "params", "problem"),
    [
        ("count.zones", {}, "zones: is missing"),
        ("count.zones", {"zones": {}}, "zones: dictionary should have at least 1 item"),
        (
            "count.zones",
            {"zones": {"door": [[0, 0], [1, 1]]}},
            "zones.door: a zone needs at least three points",
        ),
        ("count.zones", {"zones": {" ": LEFT}}, "zones. .[key]: string should have at least 1 character"),
        ("count.lines", {"lines": {"a": [[0, 0], [0, 0]]}}, "lines.a: the two points of a line must differ"),
        ("count.lines", {"lines": {"a": [[0, 0], [0, 2]]}}, "lines.a: (0, 2) is not on the frame"),
        (
            "count.lines",
            {"lines": {str(n): LEFT[:2] for n in range(33)}},
            "lines: dictionary should have at most",
        ),
        ("filter.detections", {"zones": [LEFT, [[0, 0]]]}, "zones.1: a zone needs at least three points"),
    ],
)
def test_problems_say_which_place_is_wrong(name: str, params: dict[str, Any], problem: str) -> None:
    (found,) = validate(graph((name, params)), PluginRegistry([eyes([]), plugin, filters]))

    assert str(found).startswith(f"nodes[n0].params.{problem}")


def video_counts(make_context: MakeContext, path: Path, definition: dict[str, Any]) -> list[dict[str, Any]]:
    parsed, problems = parse(definition)
    assert parsed is not None, problems
    pipeline = open_pipeline(parsed, PluginRegistry.load(), make_context(), InspectorService())
    return [
        pipeline.run({"frame_index": index, "image": image}).result["counts"]
        for index, image in enumerate(frames_of(path, 0, 10_000), 1)
    ]


def behind_yolo(network: str, *tools: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    chain = graph(*tools)
    chain["nodes"][0] |= {"plugin_id": "yolo", "params": {"weights": network}}
    return chain


@pytest.mark.model
def test_cars_over_a_line_are_as_many_as_a_person_sees(
    make_context: MakeContext, coco_network: str, test_media: Path
) -> None:
    chain = behind_yolo(coco_network, ("count.lines", {"lines": {"road": [[0, 0.5], [1, 0.5]]}}))
    counts = video_counts(make_context, test_media / "media" / "car-detection.mp4", chain)

    when = [
        (frame, one["way"])
        for frame, count in enumerate(counts, 1)
        for one in count["lines"]["road"]["crossed"]
    ]

    # A white one goes up, a blue one down, a red one up, a white one down.
    assert [way for _, way in when] == ["in", "out", "in", "out"]
    seen = [(81, 96), (191, 206), (214, 229), (320, 335)]
    assert all(first <= frame <= last for (frame, _), (first, last) in zip(when, seen, strict=True))


@pytest.mark.model
def test_people_who_stand_at_a_table_are_as_many_as_a_person_sees(
    make_context: MakeContext, coco_network: str, test_media: Path
) -> None:
    table = {"table": [[0.4, 0.6], [0.75, 0.6], [0.75, 1], [0.4, 1]]}
    chain = behind_yolo(
        coco_network,
        ("filter.detections", {"labels": ["person"]}),
        ("count.zones", {"zones": table, "settle_frames": 10}),
        ("count.lines", {"lines": {"exit": [[0.8, 0], [0.8, 1]]}, "anchor": "centre"}),
    )
    counts = video_counts(make_context, test_media / "media" / "one-by-one-person-detection.mp4", chain)

    # Six come one by one, stand at the table, and leave to the right.
    assert counts[-1]["zones"]["table"]["total"] == 6
    assert {name: counts[-1]["lines"]["exit"][name] for name in ("in", "out")} == {"in": 6, "out": 0}
    assert max(count["zones"]["table"]["now"] for count in counts) == 1
