"""docs/PIPELINES.md is true."""

import json
import re
from pathlib import Path

from pipelines.graph.validation import validate
from pipelines.tools.registry import PluginRegistry

PAGE = (Path(__file__).parents[2] / "docs" / "PIPELINES.md").read_text()


def test_every_built_in_tool_is_named_with_what_it_gives() -> None:
    rows = {
        row[0]: row for row in re.findall(r"^\| `(\w+\.\w+)` \| (.*) \| (.*) \| .* \|$", PAGE, re.MULTILINE)
    }
    built_in = {
        f"{plugin.id}.{tool.id}": tool
        for plugin in PluginRegistry.load().plugins[:4]
        for tool in plugin.tools
    }

    assert rows.keys() == built_in.keys()
    for name, tool in built_in.items():
        taken = {
            word for word in re.findall(r"`(\w+)`", rows[name][1]) if word not in tool.optional_input_types
        }
        assert taken == tool.input_types - {"image"}, name


def test_the_worked_example_is_a_pipeline() -> None:
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]

    assert [validate(example, PluginRegistry.load()) for example in examples if "nodes" in example] == [[]]
