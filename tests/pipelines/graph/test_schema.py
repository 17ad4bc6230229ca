"""The JSON schema of a definition refuses what validation refuses, and no more."""

from typing import Any

import pytest
from jsonschema_rs import validator_for

from pipelines.graph.schema import DEFINITION_SCHEMA

VALIDATOR = validator_for(DEFINITION_SCHEMA)
NODE = {"id": "a", "plugin_id": "p", "tool_id": "t"}
SMALLEST = {"id": "a", "name": "n", "nodes": [NODE], "entry_nodes": ["a"], "output_nodes": ["a"]}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"description": ""},
        {"edges": []},
        {"edges": [{"from_node": "a", "to_node": "a"}]},
        {"nodes": [{**NODE, "params": {"any": 1}}]},
    ],
)
def test_definitions_fit(more: dict[str, Any]) -> None:
    VALIDATOR.validate({**SMALLEST, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"id": ""},
        {"name": ""},
        {"nodes": []},
        {"entry_nodes": []},
        {"output_nodes": []},
        {"else": 1},
        {"nodes": [{**NODE, "else": 1}]},
        {"nodes": [{**NODE, "plugin_id": ""}]},
        {"nodes": [{**NODE, "tool_id": ""}]},
        {"nodes": [{**NODE, "id": "A b"}]},
        {"edges": [{"from_node": "a", "to_node": "a", "else": 1}]},
        {"edges": [{"from_node": "a", "to_node": ""}]},
        {"edges": [{"from_node": "a"}]},
    ],
)
def test_other_things_do_not_fit(more: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**SMALLEST, **more})


@pytest.mark.parametrize("name", ["id", "name", "nodes", "entry_nodes", "output_nodes"])
def test_a_definition_needs(name: str) -> None:
    assert not VALIDATOR.is_valid({key: value for key, value in SMALLEST.items() if key != name})
