"""A plugin of small tools that are as real as any to everything but the eye."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipelines.detections import Detection
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.runtime import Runtime
from pipelines.tools.base import DETECTIONS, TEXT, OpenContext, Plugin, RunContext, ToolSpec
from pipelines.tools.registry import PluginProblem, PluginRegistry


class BoxParams(BaseModel):
    """The position and the label of the toy's box."""

    model_config = ConfigDict(extra="forbid")

    label: str = "thing"
    size: float = 0.5
    weights: str = "there"


class NamedParams(BoxParams):
    """A box that has no name of its own."""

    label: str = Field(min_length=1)


class BoxTool:
    """Finds one box in every picture, and says how large that picture was."""

    def __init__(self, params: BoxParams) -> None:
        self.params = params

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        height, width, _ = payload["image"].shape
        if self.params.label == "fail":
            raise RuntimeError("secret inner workings")
        context.warnings.append(f"{width}x{height}")
        return {"detections": [Detection(0.25, 0.25, self.params.size, 0.5, self.params.label, 0.9)]}

    def metadata(self) -> Mapping[str, Any]:
        return {"device_used": "cpu"}

    def close(self) -> None:
        pass


class CountTool(BoxTool):
    """Says in words how many boxes there are."""

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return {"text": f"{len(payload['detections'])} found"}


def missing(params: BoxParams, weights: WeightsStore) -> str | None:
    return "Weights “gone” were not found" if params.weights == "gone" else None


def open_box(params: BoxParams, context: OpenContext) -> BoxTool:
    return BoxTool(params)


def open_count(params: BoxParams, context: OpenContext) -> BoxTool:
    return CountTool(params)


PLUGIN = Plugin(
    id="toy",
    name="Toys",
    version="1.0",
    tools=(
        ToolSpec(
            id="box",
            name="One box",
            description="Finds one box.",
            params=BoxParams,
            output_types=frozenset({DETECTIONS}),
            open=open_box,
            unavailable=missing,
            failure="The toy broke",
        ),
        ToolSpec(
            id="named",
            name="A named box",
            description="Finds one box that must be given a name.",
            params=NamedParams,
            output_types=frozenset({DETECTIONS}),
            open=open_box,
        ),
        ToolSpec(
            id="count",
            name="Count",
            description="Counts boxes.",
            params=BoxParams,
            input_types=frozenset({DETECTIONS}),
            output_types=frozenset({TEXT}),
            open=open_count,
        ),
    ),
)


def toy_engine(folder: Path) -> Runtime:
    """An engine that knows the toys, and of one plugin that could not be loaded."""
    return Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(folder / "weights", folder / "cache"),
        registry=PluginRegistry([PLUGIN], [PluginProblem("broken", "ImportError: no such module")]),
        device="cpu",
    )


def toy_definition(pipeline_id: str = "boxes", **params: Any) -> dict[str, Any]:
    """A pipeline that finds one box and counts it."""
    return {
        "id": pipeline_id,
        "name": f"The {pipeline_id}",
        "description": "Finds a box.",
        "nodes": [
            {"id": "find", "plugin_id": "toy", "tool_id": "box", "params": params},
            {"id": "count", "plugin_id": "toy", "tool_id": "count"},
        ],
        "edges": [{"from_node": "find", "to_node": "count"}],
        "entry_nodes": ["find"],
        "output_nodes": ["find", "count"],
    }
