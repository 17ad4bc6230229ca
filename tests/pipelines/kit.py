"""Small tools and definitions, made in one line each, for the tests of the pure core."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.detections import Detection
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.graph.definition import Edge, Node, PipelineDefinition
from pipelines.tools.base import IMAGE, OpenContext, Plugin, RunContext, ToolSpec
from pipelines.tools.registry import PluginRegistry

Run = Callable[[Mapping[str, Any], RunContext], Mapping[str, Any]]


class NoParams(BaseModel):
    """For tools that take none."""

    model_config = ConfigDict(extra="forbid")


class FunctionTool:
    """A tool made of a function, which notes whether it was closed."""

    def __init__(
        self, run: Run, closing: Callable[[], None], metadata: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._run = run
        self._closing = closing
        self._metadata = metadata

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return self._run(payload, context)

    def metadata(self) -> Mapping[str, Any]:
        return self._metadata()

    def close(self) -> None:
        self._closing()


def tool(
    tool_id: str,
    run: Run = lambda payload, context: {},
    *,
    gives: Iterable[str] = (),
    takes: Iterable[str] = (IMAGE,),
    may_take: Iterable[str] = (),
    params: type[BaseModel] = NoParams,
    failure: str = "The tool failed",
    closing: Callable[[], None] = lambda: None,
    opening: Callable[[], None] = lambda: None,
    metadata: Callable[[], Mapping[str, Any]] = lambda: {"device_used": "cpu"},
) -> ToolSpec:
    """A tool that does what `run` does."""

    def opened(params: Any, context: OpenContext) -> FunctionTool:
        opening()
        return FunctionTool(run, closing, metadata)

    return ToolSpec(
        id=tool_id,
        name=tool_id,
        description="",
        params=params,
        output_types=frozenset(gives),
        open=opened,
        input_types=frozenset(takes),
        optional_input_types=frozenset(may_take),
        failure=failure,
    )


def registry(*tools: ToolSpec) -> PluginRegistry:
    """One plugin, `kit`, with these tools."""
    return PluginRegistry([Plugin("kit", "Kit", "1", tools)])


def definition(
    nodes: Mapping[str, str],
    edges: Iterable[tuple[str, str]] = (),
    entry: Iterable[str] = (),
    output: Iterable[str] = (),
) -> PipelineDefinition:
    """A pipeline of the tools of `kit`, by node; a single node is entry and output."""
    first, last = list(nodes)[:1], list(nodes)[-1:]
    return PipelineDefinition(
        "kit_pipeline",
        "Kit",
        tuple(Node(node_id, "kit", tool_id) for node_id, tool_id in nodes.items()),
        tuple(Edge(*edge) for edge in edges),
        tuple(entry) or tuple(first),
        tuple(output) or tuple(last),
    )


def open_context(folder: Path, *, live: bool = False) -> OpenContext:
    """The context with which tools are opened, without weights."""
    return OpenContext(NetworkCache(), WeightsStore(folder / "weights", folder / "cache"), live=live)


def detection(**changes: Any) -> Detection:
    """One detection, with changes."""
    fields: dict[str, Any] = {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "label": "sign", "score": 0.9}
    return Detection(**{**fields, **changes})
