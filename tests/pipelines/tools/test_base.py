from pathlib import Path

from pipelines.tools.base import OpenContext, Plugin, Pressure, RunContext, always_available
from tests.pipelines.kit import open_context, tool


def test_a_plugin_knows_its_tools_by_id() -> None:
    detect, track = tool("detect"), tool("track")
    plugin = Plugin("kit", "Kit", "1", (detect, track))

    assert plugin.tool("track") is track
    assert plugin.tool("read") is None


def test_a_tool_takes_the_picture_and_is_available_unless_it_says_otherwise() -> None:
    spec = tool("detect")
    context = open_context(Path("nowhere"))

    assert spec.input_types == {"image"}
    assert spec.optional_input_types == set()
    assert spec.unavailable is always_available
    assert spec.unavailable(None, context.weights) is None


def test_contexts_start_empty_and_apart() -> None:
    first, second = RunContext(1), RunContext(2)
    first.warnings.append("dark")
    first.counters["ocr_reads"] += 1

    assert (second.warnings, dict(second.counters), second.pressure) == ([], {}, Pressure.NORMAL)
    context = open_context(Path("nowhere"))
    assert (OpenContext(context.networks, context.weights).live, context.device) == (False, "auto")
