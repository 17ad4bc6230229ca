"""The built-in tools as clients see them; docs/PIPELINES.md tells the same parameters."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.tools.base import ToolSpec, always_available, no_zones
from pipelines.tools.counting.counts import plugin as count
from pipelines.tools.counting.regions import MAX_POINTS
from pipelines.tools.filters import plugin as filters
from pipelines.tools.ocr.read import plugin as ocr
from pipelines.tools.yolo.detect import plugin as yolo

PAGE = (Path(__file__).parents[3] / "docs" / "PIPELINES.md").read_text()
TOOLS = {f"{plugin.id}.{tool.id}": tool for plugin in (yolo, ocr, filters, count) for tool in plugin.tools}
BOXES = {"detections"}
ALL = {"detections", "tracks", "text", "counts"}


def properties_of(tool: ToolSpec) -> dict[str, dict[str, Any]]:
    """The JSON schema of each parameter; of one that may be null, what it is otherwise."""
    properties = tool.params.model_json_schema()["properties"]
    return {name: {**schema, **schema.get("anyOf", [{}])[0]} for name, schema in properties.items()}


def documented(name: str) -> dict[str, tuple[str, str]]:
    """Default and range of each parameter of a tool, from the section whose heading names it."""
    section = re.search(rf"^### .*`{re.escape(name)}`.*\n((?:(?!##).*\n)*)", PAGE, re.MULTILINE)
    assert section, name
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|.*\|$", section[1], re.MULTILINE)
    return {parameter: (default.strip(), range_.strip()) for parameter, default, range_ in rows}


def range_of(schema: Mapping[str, Any]) -> str:
    """The bounds in a schema, in the words of the documents."""
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "exclusiveMinimum" in schema:
        return f"above {schema['exclusiveMinimum']}"
    least, most = (
        next((schema[key + word] for word in ("imum", "Items", "Properties") if key + word in schema), None)
        for key in ("min", "max")
    )
    if most is None:
        return ""
    return f"at most {most}" if least is None else f"{least} to {most}"


def default_of(schema: Mapping[str, Any]) -> str:
    """A default that is a number, a word or a truth value, as the documents write it."""
    default = schema["default"]
    return f"`{default}`" if isinstance(default, str) else json.dumps(default).removesuffix(".0")


PARAMETERS = [(name, parameter) for name, tool in TOOLS.items() for parameter in properties_of(tool)]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_a_parameter_is_as_documented(name: str, parameter: str) -> None:
    schema = properties_of(TOOLS[name])[parameter]
    default, range_ = documented(name)[parameter]

    assert range_ == range_of(schema)
    assert len(schema["description"]) > 10
    if "default" not in schema:
        assert default == ""
    elif schema["default"] in (None, []) or isinstance(schema["default"], dict):
        assert default
        assert not re.search(r"[\d`]", default)
    else:
        assert default == default_of(schema)


def test_no_parameter_is_documented_that_no_tool_has() -> None:
    for section in ("yolo.detect", "ocr.read", "filter.detections", "count.zones"):
        tools = [tool for name, tool in TOOLS.items() if documented(name) == documented(section)]
        assert documented(section).keys() == {name for tool in tools for name in properties_of(tool)}


def test_the_points_of_a_zone_are_limited_as_documented() -> None:
    assert f"three points or more, at most {MAX_POINTS}" in PAGE
    zones = properties_of(TOOLS["count.zones"])["zones"]["additionalProperties"]
    assert zones["maxItems"] == MAX_POINTS
    assert properties_of(TOOLS["filter.detections"])["not_zones"]["items"]["maxItems"] == MAX_POINTS


@pytest.mark.parametrize("name", TOOLS)
def test_parameters_that_a_tool_does_not_have_are_refused(name: str) -> None:
    assert TOOLS[name].params.model_json_schema()["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "needs", "takes", "gives", "passes_on"),
    [
        ("yolo.detect", {"image"}, set(), BOXES, set()),
        ("yolo.track", {"image"}, set(), BOXES | {"tracks"}, set()),
        ("ocr.read", {"image"}, BOXES, BOXES | {"text"}, set()),
        ("filter.detections", BOXES, ALL - BOXES, ALL, ALL - BOXES),
        ("count.zones", BOXES, ALL - BOXES, ALL, {"tracks", "text"}),
        ("count.lines", {"tracks"}, ALL - {"tracks"}, ALL, {"detections", "text"}),
    ],
)
def test_the_types_of_a_tool(
    name: str, needs: set[str], takes: set[str], gives: set[str], passes_on: set[str]
) -> None:
    tool = TOOLS[name]
    assert tool.input_types == needs
    assert tool.optional_input_types == takes
    assert tool.output_types == gives
    assert tool.passes_on == passes_on


@pytest.mark.parametrize(
    ("name", "title", "failure"),
    [
        ("yolo.detect", "Find things", "YOLO inference failed"),
        ("yolo.track", "Follow things", "YOLO inference failed"),
        ("ocr.read", "Read text", "Text reading failed"),
        ("filter.detections", "Keep some boxes", "Filtering failed"),
        ("count.zones", "Count in zones", "Counting failed"),
        ("count.lines", "Count at lines", "Counting failed"),
    ],
)
def test_the_words_of_a_tool(name: str, title: str, failure: str) -> None:
    tool = TOOLS[name]
    assert (tool.name, tool.failure) == (title, failure)
    assert tool.description.endswith(".")


def test_only_filters_promise_that_earlier_frames_do_not_matter() -> None:
    assert [name for name, tool in TOOLS.items() if not tool.stateful] == ["filter.detections"]


def test_only_counted_zones_hold_masks() -> None:
    zones = {"zones": {"door": [[0, 0], [1, 0], [1, 1]], "hall": [[0, 0], [1, 0], [1, 1]]}}
    counted = TOOLS["count.zones"]
    assert counted.zones(counted.params.model_validate(zones)) == 2
    assert [name for name, tool in TOOLS.items() if tool.zones is not no_zones] == ["count.zones"]


@pytest.mark.parametrize("name", TOOLS)
def test_only_what_needs_networks_can_be_unavailable(name: str) -> None:
    can_be = TOOLS[name].unavailable is not always_available
    assert can_be == name.startswith(("yolo.", "ocr."))


@pytest.mark.parametrize(("name", "kept"), [("a", "a"), (" gate ", "gate"), ("g" * 60, "g" * 60)])
def test_the_name_of_a_zone_or_line_is_stripped(name: str, kept: str) -> None:
    lines = {"lines": {name: [[0, 0], [1, 1]]}}
    assert list(TOOLS["count.lines"].params.model_validate(lines).model_dump()["lines"]) == [kept]


@pytest.mark.parametrize("name", ["", "  ", "g" * 61])
def test_the_name_of_a_zone_or_line_has_1_to_60_letters(name: str) -> None:
    with pytest.raises(ValidationError):
        TOOLS["count.lines"].params.model_validate({"lines": {name: [[0, 0], [1, 1]]}})
