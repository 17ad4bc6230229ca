"""A third party's plugin: a tool that finds the dark patch on a bright picture, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipelines.detections import Detection
from pipelines.tools.base import DETECTIONS, IMAGE, OpenContext, Plugin, RunContext, ToolSpec


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid")

    darker_than: int = 100


@dataclass
class PatchFinder:
    """Finds the box around all dark pixels."""

    params: Params

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        is_dark = payload[IMAGE].max(axis=2) < self.params.darker_than
        height, width = is_dark.shape
        columns, rows = np.flatnonzero(is_dark.any(axis=0)), np.flatnonzero(is_dark.any(axis=1))
        if not len(columns):
            return {DETECTIONS: []}
        left, right, top, bottom = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
        box = Detection(
            left / width, top / height, (right - left) / width, (bottom - top) / height, "patch", 0.9
        )
        return {DETECTIONS: [box]}

    def metadata(self) -> Mapping[str, Any]:
        return {"backend": "none"}

    def close(self) -> None:
        pass


def open_finder(params: Params, context: OpenContext) -> PatchFinder:
    return PatchFinder(params)


plugin = Plugin(
    "patches",
    "Patch finder",
    "1.0",
    (
        ToolSpec(
            id="find",
            name="Find",
            description="Finds the dark patch on a bright picture.",
            params=Params,
            output_types=frozenset({DETECTIONS}),
            open=open_finder,
            failure="Finding the patch failed",
        ),
    ),
)
