"""A third party's plugin: tools that take as long as they are told, and one that fails."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.detections import Detection
from pipelines.tools.base import DETECTIONS, OpenContext, Plugin, RunContext, ToolSpec


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid")

    open_s: float = 0.0
    run_s: float = 0.0
    fails_at: int = 0
    # While this file is there, it says how many seconds each frame takes instead.
    run_s_file: str = ""
    # Finds one box that wanders, with words that change every few seconds; every fifth time it "reads" them.
    finds: bool = False


@dataclass
class Steady:
    """Sleeps for each frame, and fails at the frame with one index."""

    params: Params

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        time.sleep(self.run_s)
        if context.frame_index == self.params.fails_at:
            raise RuntimeError("as told")
        if self.params.finds:
            context.counters["ocr_reads" if context.frame_index % 5 == 1 else "ocr_reads_saved"] += 1
        return {DETECTIONS: [wandering_box(context.frame_index)] if self.params.finds else []}

    @property
    def run_s(self) -> float:
        try:
            return float(Path(self.params.run_s_file).read_text())
        except (OSError, ValueError):
            return self.params.run_s

    def metadata(self) -> Mapping[str, Any]:
        return {"backend": "none"}

    def close(self) -> None:
        pass


def wandering_box(frame_index: int) -> Detection:
    """A box that goes from left to right and begins anew."""
    x = frame_index % 60 / 100
    return Detection(
        x, 0.3, 0.3, 0.3, "sign", 0.9, text=f"Gate {frame_index // 50}", text_score=0.9, track_id=1
    )


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
