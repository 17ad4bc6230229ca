import json
from typing import Any

import pytest

from pipelines.graph.definition import Edge, Node, parse, read

DEFINITION: dict[str, Any] = {
    "id": "yolo_ocr",
    "name": "Find text and read it",
    "description": "Reads signs.",
    "nodes": [
        {"id": "detect", "plugin_id": "yolo", "tool_id": "detect", "params": {"conf": 0.25}},
        {"id": "read", "plugin_id": "ocr", "tool_id": "read", "params": {}},
    ],
    "edges": [{"from_node": "detect", "to_node": "read"}],
    "entry_nodes": ["detect"],
    "output_nodes": ["read"],
}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in DEFINITION.items() if name not in names}


def said(data: Any) -> list[str]:
    definition, problems = parse(data)
    assert (definition is None) == bool(problems)
    return [str(problem) for problem in problems]


def test_reads_a_definition() -> None:
    definition, problems = parse(DEFINITION)

    assert problems == []
    assert definition is not None
    assert definition.nodes[0] == Node("detect", "yolo", "detect", {"conf": 0.25})
    assert definition.edges == (Edge("detect", "read"),)
    assert (definition.entry_nodes, definition.output_nodes) == (("detect",), ("read",))
    assert definition.as_dict() == DEFINITION


def test_description_edges_and_params_may_be_left_out() -> None:
    node = {"id": "read", "plugin_id": "ocr", "tool_id": "read"}
    definition, problems = parse({**without("description", "edges"), "nodes": [node]})

    assert problems == []
    assert definition is not None
    assert (definition.description, definition.edges, definition.nodes[0].params) == ("", (), {})


@pytest.mark.parametrize(
    ("data", "kind"),
    [([], "a list"), ("{}", "a string"), (3, "a number"), (True, "true or false"), (None, "null")],
)
def test_refuses_what_is_no_object(data: Any, kind: str) -> None:
    assert said(data) == [f"pipeline: must be a JSON object, not {kind}"]


@pytest.mark.parametrize(
    "data",
    [
        {"id": float("nan")},
        {"nodes": [{"params": {"x": float("-inf")}}]},
        {"id": {1, 2}},
        {"name": "\ud800"},
        {"name": "a\x00b"},
        {"name": "\\\x00"},
        {"nodes": [{"params": {"\x00": 1}}]},
    ],
)
def test_refuses_what_no_database_could_store(data: Any) -> None:
    assert [line.partition(":")[0] for line in said(data)] == ["pipeline"]


def test_refuses_what_contains_itself() -> None:
    data: dict[str, Any] = {}
    data["nodes"] = [data]

    assert "is not plain JSON" in said(data)[0]


def test_a_written_escape_is_only_text() -> None:
    assert said({**DEFINITION, "name": "\\u0000"}) == []


def test_notes_every_wrong_shape_at_once() -> None:
    data = {
        "id": "two words",
        "colour": "red",
        "nodes": [
            {"id": "detect", "plugin_id": 3, "tool_id": "detect", "params": [], "param": {}},
            {"plugin_id": "ocr", "tool_id": "read"},
            "read",
        ],
        "edges": [{"from_node": "detect"}, None, {"from_node": 1, "to_node": "read", "label": "x"}],
        "entry_nodes": "detect",
        "output_nodes": ["read", 7],
    }

    assert [line.partition(": ")[0] for line in said(data)] == [
        "id",
        "name",
        "nodes[detect].plugin_id",
        "nodes[detect].params",
        "nodes[detect].param",
        "nodes[1].id",
        "nodes[2]",
        "edges[0].to_node",
        "edges[1]",
        "edges[2].from_node",
        "edges[2].label",
        "entry_nodes",
        "output_nodes[1]",
        "colour",
    ]


def test_a_draft_keeps_what_can_be_judged_and_names_what_cannot() -> None:
    nodes = [*DEFINITION["nodes"], {"id": "draw", "plugin_id": 3}, {"tool_id": "x"}]
    draft = read({**DEFINITION, "nodes": nodes, "edges": [5, *DEFINITION["edges"]], "entry_nodes": None})

    assert [node.id for node in draft.definition.nodes] == ["detect", "read", "draw"]
    assert draft.definition.edges == (Edge("", ""), Edge("detect", "read"))
    assert draft.unreadable == {"nodes[draw]", "nodes[3]", "edges[0]", "entry_nodes"}


def test_refuses_more_than_anybody_draws() -> None:
    nodes = [{"id": f"n{index}", "plugin_id": "p", "tool_id": "t"} for index in range(65)]

    assert said({**DEFINITION, "nodes": nodes}) == ["nodes: has 65 items; at most 64 are allowed"]


def test_refuses_names_and_remarks_that_nobody_reads() -> None:
    assert said({**DEFINITION, "name": "n" * 201, "description": "d" * 4001}) == [
        "name: has 201 characters; at most 200 are allowed",
        "description: has 4001 characters; at most 4000 are allowed",
    ]


def test_refuses_more_values_than_anybody_writes() -> None:
    node = {**DEFINITION["nodes"][0], "params": {"zones": {"door": [[0.5, 0.5]] * 9_000}}}

    assert said({**DEFINITION, "nodes": [node]}) == ["pipeline: holds more than 25,000 values"]


def test_what_is_written_is_read_back() -> None:
    definition, _ = parse(DEFINITION)
    assert definition is not None

    assert parse(json.loads(json.dumps(definition.as_dict()))) == (definition, [])
