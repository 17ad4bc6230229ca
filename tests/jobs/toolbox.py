"""A third party's plugin: tools that look at frames, and break in the ways that tools break."""

import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.detections import Detection
from pipelines.tools.base import DETECTIONS, TEXT, OpenContext, Plugin, RunContext, ToolSpec


class Params(BaseModel):
    """At which frames a tool does what; `fails_to_open` says why it cannot be opened."""

    model_config = ConfigDict(extra="forbid")

    run_s: float = 0.0
    fails: list[int] = []
    kills: list[int] = []
    fails_to_open: str = ""
    fails_to_save: bool = False


class Look:
    """One box labelled with the brightness of the picture's middle, which tells frames apart."""

    def __init__(self, params: Params) -> None:
        if params.fails_to_open:
            raise RuntimeError(params.fails_to_open)
        self.params = params

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        if context.frame_index in self.params.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        if context.frame_index in self.params.fails:
            raise RuntimeError("secret inner workings")
        time.sleep(self.params.run_s)
        image_bgr = payload["image"]
        height, width = image_bgr.shape[:2]
        label = str(round(float(image_bgr[height // 2, width // 2].mean())))
        return {DETECTIONS: [Detection(0.25, 0.25, 0.5, 0.5, label, 0.9, track_id=self.track_id())]}

    def track_id(self) -> int | None:
        return None

    def metadata(self) -> Mapping[str, Any]:
        return {"device_used": "cpu", "versions": {"toolbox": "1"}}

    def close(self) -> None:
        pass


class Recall(Look):
    """Numbers the frames that it has seen, and cannot be gone on with elsewhere."""

    def __init__(self, params: Params) -> None:
        super().__init__(params)
        self.seen = 0

    def track_id(self) -> int | None:
        self.seen += 1
        return self.seen


class Count(Recall):
    """The same, and it can."""

    def state(self) -> bytes:
        if self.params.fails_to_save:
            raise RuntimeError("secret inner workings")
        return str(self.seen).encode()

    def restore(self, state: bytes) -> None:
        self.seen = int(state)


class Say:
    """Says how many boxes the tool before has found."""

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        return {TEXT: f"{len(payload['detections'])} found"}

    def metadata(self) -> Mapping[str, Any]:
        return {"device_used": "cpu"}

    def close(self) -> None:
        pass


def spec(tool_id: str, kind: type[Look], *, stateful: bool) -> ToolSpec:
    def opened(params: Params, context: OpenContext) -> Look:
        return kind(params)

    return ToolSpec(
        id=tool_id,
        name=tool_id,
        description="",
        params=Params,
        output_types=frozenset({DETECTIONS}),
        open=opened,
        failure="The bench broke",
        stateful=stateful,
    )


class NoParams(BaseModel):
    model_config = ConfigDict(extra="forbid")


SAY = ToolSpec(
    id="say",
    name="say",
    description="",
    params=NoParams,
    output_types=frozenset({TEXT}),
    input_types=frozenset({DETECTIONS}),
    open=lambda params, context: Say(),
    stateful=False,
)
plugin = Plugin(
    "bench",
    "Bench",
    "1.0",
    (
        spec("look", Look, stateful=False),
        spec("recall", Recall, stateful=True),
        spec("count", Count, stateful=True),
        SAY,
    ),
)


def definition(tool_id: str = "look", pipeline_id: str = "", **params: Any) -> dict[str, Any]:
    """A pipeline of one tool that looks and one that says how much it saw."""
    return {
        "id": pipeline_id or tool_id,
        "name": f"The {tool_id}",
        "nodes": [
            {"id": "first", "plugin_id": "bench", "tool_id": tool_id, "params": params},
            {"id": "second", "plugin_id": "bench", "tool_id": "say"},
        ],
        "edges": [{"from_node": "first", "to_node": "second"}],
        "entry_nodes": ["first"],
        "output_nodes": ["first", "second"],
    }
