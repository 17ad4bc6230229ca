"""The whole of validation; its parts have test files of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pipelines.graph.definition import parse
from pipelines.graph.execution import open_pipeline
from pipelines.graph.plan import make_plan
from pipelines.graph.validation import validate
from pipelines.tools.base import RunContext
from pipelines.tools.inspector import InspectorService
from pipelines.tools.parameters import ONLY_OPERATORS, OperatorOnly
from tests.pipelines.kit import open_context, registry, tool

IDS = ["a", "b", "c", "d", "e", "f"]


def hop(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    return {"text": "x" * (len(payload.get("text", "")) + 1)}


REGISTRY = registry(
    tool("hop", hop, gives=["text"], may_take=["text"]),
    tool("need", hop, gives=["text"], takes=["text"]),
    tool("eye", lambda *_: {"detections": []}, gives=["detections"]),
)
SOUND: dict[str, Any] = {
    "id": "two_hops",
    "name": "Two hops",
    "nodes": [{"id": node_id, "plugin_id": "kit", "tool_id": "hop"} for node_id in ("a", "b")],
    "edges": [{"from_node": "a", "to_node": "b"}],
    "entry_nodes": ["a"],
    "output_nodes": ["b"],
}


def test_a_sound_definition_has_no_problems() -> None:
    assert validate(SOUND, REGISTRY) == []


class Folder(BaseModel):
    folder: Annotated[str, OperatorOnly()] = "here"


def test_only_a_request_may_not_name_a_folder() -> None:
    tools = registry(tool("hop", hop, gives=["text"], may_take=["text"], params=Folder))
    nodes = [{**node, "params": {"folder": "/etc"}} for node in SOUND["nodes"]]

    assert validate({**SOUND, "nodes": nodes}, tools) == []
    problems = validate({**SOUND, "nodes": nodes}, tools, by_request=True)
    assert [problem.where for problem in problems] == ["nodes[a].params.folder", "nodes[b].params.folder"]
    assert all(ONLY_OPERATORS in problem.message for problem in problems)


@pytest.mark.parametrize("end", ["from_node", "to_node"])
def test_of_an_edge_that_cannot_be_read_nothing_more_is_said(end: str) -> None:
    edges = [*SOUND["edges"], {**SOUND["edges"][0], end: 5}]
    problems = validate({**SOUND, "edges": edges}, REGISTRY)
    assert [problem.where for problem in problems] == [f"edges[1].{end}"]


def test_what_no_database_keeps_is_said_once() -> None:
    problems = validate({**SOUND, "name": "a\x00b"}, REGISTRY)

    assert [str(problem) for problem in problems] == [
        "pipeline: holds the character U+0000, which cannot be stored"
    ]
    assert validate({**SOUND, "name": "a written \\u0000"}, REGISTRY) == []


def test_says_everything_at_once_whatever_kind_it_is() -> None:
    nodes = [
        *SOUND["nodes"],
        {"id": "c", "plugin_id": "kit", "tool_id": "fly"},
        {"id": "d", "plugin_id": "kit", "tool_id": "eye", "params": {"conf": 1}},
        {"id": "e", "plugin_id": 4, "tool_id": "eye"},
    ]
    edges = [
        *SOUND["edges"],
        {"from_node": "b", "to_node": "a"},
        {"from_node": "d", "to_node": "b"},
    ]

    problems = validate({**SOUND, "id": "two hops", "nodes": nodes, "edges": edges}, REGISTRY)

    assert [problem.where for problem in problems] == [
        "id",
        "nodes[e].plugin_id",
        "edges",
        "nodes[a]",
        "nodes[c]",
        "nodes[c]",
        "nodes[d]",
        "nodes[e]",
        "nodes[e]",
        "nodes[c].tool_id",
        "nodes[d].params.conf",
        "edges[2]",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(IDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
loose_nodes = st.lists(
    json_values | st.fixed_dictionaries({"id": st.sampled_from(IDS) | json_values, "tool_id": json_values}),
    max_size=4,
)
loose_edges = st.lists(
    json_values
    | st.fixed_dictionaries({"from_node": st.sampled_from(IDS) | json_values, "to_node": json_values}),
    max_size=4,
)
loose = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "name": json_values,
        "nodes": json_values | loose_nodes,
        "edges": json_values | loose_edges,
        "entry_nodes": json_values | st.lists(st.sampled_from(IDS)),
        "output_nodes": json_values | st.lists(st.sampled_from(IDS)),
        "surplus": json_values,
    },
)


@settings(deadline=None)
@given(json_values | loose)
def test_never_raises(data: Any) -> None:
    problems = validate(data, REGISTRY)

    definition, wrong = parse(data)
    assert (definition is None) == bool(wrong)
    assert [problem for problem in wrong if problem not in problems] == []


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Graphs of every kind, many of them sound: edges mostly lead forward, ends are mostly right."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=6, unique=not draw(st.booleans())))
    pairs = [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    if draw(st.integers(0, 4)) == 0:
        edges += draw(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=3))
    starts = [node_id for node_id in ids if node_id not in {to for _, to in edges}]
    ends = [node_id for node_id in ids if node_id not in {source for source, _ in edges}]
    tools = {node_id: draw(st.sampled_from(["hop", "hop", "hop", "need", "eye"])) for node_id in ids}
    return {
        "id": "random",
        "name": "Random",
        "nodes": [
            {"id": node_id, "plugin_id": "kit", "tool_id": tools[node_id]}
            for node_id in draw(st.permutations(ids))
        ],
        "edges": [{"from_node": a, "to_node": b} for a, b in edges],
        "entry_nodes": draw(st.just(starts) | st.lists(st.sampled_from(ids), max_size=3)),
        "output_nodes": draw(st.just(ends) | st.lists(st.sampled_from(ids), max_size=3)),
    }


@settings(deadline=None)
@given(graphs())
def test_what_is_valid_has_a_plan_and_runs(data: dict[str, Any]) -> None:
    if validate(data, REGISTRY):
        return
    definition, _ = parse(data)
    assert definition is not None

    done: list[str] = []
    for step in make_plan(definition):
        assert set(step.predecessors) <= set(done)
        assert list(step.predecessors) == [e.from_node for e in definition.edges if e.to_node == step.node.id]
        done.append(step.node.id)
    assert sorted(done) == sorted(node.id for node in definition.nodes)

    pipeline = open_pipeline(definition, REGISTRY, open_context(Path("nowhere")), InspectorService())
    report = pipeline.run({"frame_index": 1, "image": np.zeros((2, 2, 3), np.uint8)})
    assert report.result.keys() <= {"text", "detections"}
    assert report.timings_ms.keys() == {*done, "decode", "total"}


@pytest.mark.parametrize("data", [SOUND, {}, {"nodes": []}, None])
def test_answers_alike_each_time(data: Any) -> None:
    assert validate(data, REGISTRY) == validate(data, REGISTRY)
