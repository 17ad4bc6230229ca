"""However much a definition holds, its problems are few, short and found in a moment."""

import math
import time
from typing import Any

import pytest

from pipelines.graph.problems import MAX_MESSAGE, MAX_PROBLEMS, MAX_WHERE, Problem, first_of
from pipelines.graph.schema import DEFINITION_SCHEMA
from pipelines.graph.validation import validate
from pipelines.tools.counting import counts
from pipelines.tools.registry import PluginRegistry

# Each takes a fraction of a second; without the bounds it would be minutes.
WITHIN_S = 5.0


@pytest.fixture(scope="module")
def registry() -> PluginRegistry:
    registry = PluginRegistry((counts.plugin,))
    validate(counting(1, 1, 3), registry)
    return registry


def circle(corners: int) -> list[list[float]]:
    turns = [2 * math.pi * index / corners for index in range(corners)]
    return [[round(0.5 + 0.4 * math.cos(turn), 3), round(0.5 + 0.4 * math.sin(turn), 3)] for turn in turns]


def counting(nodes: int, zones: int, corners: int) -> dict[str, Any]:
    """A definition of so many tools that each count in so many zones."""
    params = {"zones": {f"zone {number}": circle(corners) for number in range(zones)}}
    ids = [f"n{number}" for number in range(nodes)]
    return {
        "id": "counting",
        "name": "Counting",
        "nodes": [
            {"id": node_id, "plugin_id": "count", "tool_id": "zones", "params": params} for node_id in ids
        ],
        "edges": [],
        "entry_nodes": ids,
        "output_nodes": ids,
    }


def wrong_everywhere() -> dict[str, Any]:
    """Every list as long as it may be, every text longer than anybody reads, all of it wrong."""
    nodes = [{"id": "n" * 5000, "plugin_id": "p" * 5000, "tool_id": "t", "x" * 5000: 1} for _ in range(64)]
    edges = [{"from_node": "f" * 5000, "to_node": "t" * 5000, "y": index} for index in range(256)]
    return {"nodes": nodes, "edges": edges, "entry_nodes": ["a"] * 64, "output_nodes": [["b"]] * 64}


@pytest.mark.parametrize(
    "definition",
    [
        counting(48, 32, 100),
        counting(2, 32, 100),
        counting(64, 32, 3),
        {f"field {number}": 1 for number in range(180_000)},
        {f"field {number}": 1 for number in range(24_000)},
        wrong_everywhere(),
    ],
    ids=["1536 zones", "64 zones", "2048 triangles", "180,000 fields", "24,000 fields", "wrong everywhere"],
)
def test_problems_are_bounded_in_time_and_size(definition: Any, registry: PluginRegistry) -> None:
    start = time.thread_time()
    problems = validate(definition, registry)
    assert time.thread_time() - start < WITHIN_S
    assert problems
    assert len(problems) <= MAX_PROBLEMS + 1
    assert all(len(found.where) <= MAX_WHERE and len(found.message) <= MAX_MESSAGE for found in problems)


@pytest.mark.parametrize(
    ("nodes", "said"), [(4, []), (5, ["count in 160 zones together; at most 128 are allowed"])]
)
def test_zones_are_bounded_over_all_nodes(nodes: int, said: list[str], registry: PluginRegistry) -> None:
    problems = validate(counting(nodes, 32, 3), registry)

    assert [problem.message for problem in problems if problem.where == "nodes"] == said


def test_the_first_problems_and_how_many_more() -> None:
    found = first_of(Problem("nodes", str(number)) for number in range(1250))

    assert [problem.message for problem in found[:100]] == [str(number) for number in range(100)]
    assert str(found[100]) == "pipeline: and 1,150 more problems"
    assert len(found) == 101


def test_a_hundred_problems_are_all_told() -> None:
    assert len(first_of(Problem("nodes", "x") for _ in range(100))) == 100


def test_long_texts_are_cut() -> None:
    problem = Problem("w" * 300, "m" * 1001)

    assert problem.where == "w" * 197 + "..."
    assert problem.message == "m" * 997 + "..."


def test_the_schema_states_the_limits() -> None:
    fields = DEFINITION_SCHEMA["properties"]

    assert fields["nodes"]["maxItems"] == 64
    assert fields["edges"]["maxItems"] == 256
    assert fields["nodes"]["items"]["properties"]["id"]["pattern"] == "^[A-Za-z0-9_-]{1,64}$"
    assert "25,000 values" in DEFINITION_SCHEMA["description"]
