"""A tool that finds red, green and blue areas without a network, and says how large the picture is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipelines.detections import Detection
from pipelines.tools.base import DETECTIONS, TEXT, OpenContext, Plugin, RunContext, ToolSpec

# By the place of the colour in BGR.
NAMES = {2: "red", 1: "green", 0: "blue"}
MUCH_MORE = 80


class NoParams(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Colours:
    """One box around all that is of one colour; the text is the size and the mean brightness."""

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        image_bgr = payload["image"]
        height, width = image_bgr.shape[:2]
        boxes = [box for place, name in NAMES.items() for box in area(image_bgr, place, name)]
        return {DETECTIONS: boxes, TEXT: f"{width}x{height} {round(float(image_bgr.mean()))}"}

    def metadata(self) -> Mapping[str, Any]:
        return {"device_used": "cpu"}

    def close(self) -> None:
        pass


def area(image_bgr: Any, place: int, name: str) -> list[Detection]:
    """The box around what has much more of one colour than of the others."""
    others = np.delete(image_bgr, place, axis=2).max(axis=2).astype(int)
    there = image_bgr[:, :, place].astype(int) - others > MUCH_MORE
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not len(rows):
        return []
    height, width = there.shape
    x, y = columns[0] / width, rows[0] / height
    return [Detection(x, y, (columns[-1] + 1) / width - x, (rows[-1] + 1) / height - y, name, 1.0)]


def opened(params: NoParams, context: OpenContext) -> Colours:
    return Colours()


PLUGIN = Plugin(
    "colours",
    "Colours",
    "1",
    (
        ToolSpec(
            id="find",
            name="Find colours",
            description="",
            params=NoParams,
            output_types=frozenset({DETECTIONS, TEXT}),
            open=opened,
            stateful=False,
        ),
    ),
)
