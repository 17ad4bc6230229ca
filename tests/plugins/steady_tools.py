"""A third party's plugin: tools that take as long as they are told, and one that fails."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.plugins.base import DETECTIONS, OpenContext, Plugin, RunContext, ToolSpec


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid")

    open_s: float = 0.0
    run_s: float = 0.0
    fails_at: int = 0


@dataclass
class Steady:
    """Sleeps for each frame, and fails at the frame with one index."""

    params: Params

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        time.sleep(self.params.run_s)
        if context.frame_index == self.params.fails_at:
            raise RuntimeError("as told")
        return {DETECTIONS: []}

    def metadata(self) -> Mapping[str, Any]:
        return {"backend": "none"}

    def close(self) -> None:
        pass


def open_steady(params: Params, context: OpenContext) -> Steady:
    time.sleep(params.open_s)
    return Steady(params)


plugin = Plugin(
    "steady",
    "Steady tools",
    "1.0",
    (
        ToolSpec(
            id="work",
            name="Work",
            description="Takes as long as it is told.",
            params=Params,
            output_types=frozenset({DETECTIONS}),
            open=open_steady,
            failure="Steady work failed",
        ),
    ),
)
