"""Filters: let some of what was found through."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.detections import Detection
from pipelines.tools.base import (
    COUNTS,
    DETECTIONS,
    MAX_LABELS,
    TEXT,
    TRACKS,
    OpenContext,
    Plugin,
    RunContext,
    ToolSpec,
)
from pipelines.tools.counting.regions import Anchor, Zone, standing_points, within
from pipelines.tools.ocr.reading_order import text_of

MAX_ZONES = 32


class FilterParams(BaseModel):
    """The parameters of `filter.detections`; a box stays if it meets all that is given."""

    model_config = ConfigDict(extra="forbid")

    labels: list[str] | None = Field(
        None, max_length=MAX_LABELS, description="Only these labels; all of them where it is not given"
    )
    not_labels: list[str] = Field([], max_length=MAX_LABELS, description="Not these labels")
    min_score: float = Field(0, ge=0, le=1, description="Boxes with a lower score are left out")
    max_score: float = Field(1, ge=0, le=1, description="Boxes with a higher score are left out")
    min_area: float = Field(0, ge=0, le=1, description="Smaller boxes are left out; a fraction of the frame")
    max_area: float = Field(1, ge=0, le=1, description="Larger boxes are left out; a fraction of the frame")
    zones: list[Zone] | None = Field(
        None,
        min_length=1,
        max_length=MAX_ZONES,
        description="Only boxes that stand in one of these polygons; points are fractions of the frame",
    )
    not_zones: list[Zone] = Field(
        [], max_length=MAX_ZONES, description="Not boxes that stand in one of these"
    )
    anchor: Anchor = Field("bottom", description="Where a box stands: bottom, in the middle, or its centre")

    @model_validator(mode="after")
    def check_ranges(self) -> Self:
        """Refuse what no box can meet."""
        for name in ("score", "area"):
            least, most = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if least > most:
                raise ValueError(f"min_{name} ({least:g}) is above max_{name} ({most:g}): no box would stay")
        return self


class FilterTool:
    """The boxes that meet what is asked for, in their order; what was said of the others goes with them."""

    def __init__(self, params: FilterParams, context: OpenContext) -> None:
        self._params = params
        self._labels = None if params.labels is None else frozenset(params.labels)
        self._not_labels = frozenset(params.not_labels)

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        """Filter `detections` and `tracks`, make `text` anew, and pass `counts` on."""
        outputs = {name: self._kept(payload[name]) for name in (DETECTIONS, TRACKS) if name in payload}
        if TEXT in payload:
            height, width = payload["image"].shape[:2]
            outputs[TEXT] = text_of(outputs[DETECTIONS], (width, height))
        if COUNTS in payload:
            outputs[COUNTS] = payload[COUNTS]
        return outputs

    def metadata(self) -> Mapping[str, Any]:
        """Nothing worth telling."""
        return {}

    def close(self) -> None:
        """Nothing to let go of."""

    def _kept(self, boxes: Sequence[Detection]) -> Any:
        if not boxes:
            return []
        params = self._params
        scores = np.array([box.score for box in boxes])
        areas = np.array([box.w * box.h for box in boxes])
        stays = np.array([self._is_wanted(box.label) for box in boxes])
        stays &= (params.min_score <= scores) & (scores <= params.max_score)
        stays &= (params.min_area <= areas) & (areas <= params.max_area)
        points = standing_points(boxes, params.anchor)
        if params.zones is not None:
            stays &= np.any([within(points, zone) for zone in params.zones], axis=0)
        for zone in params.not_zones:
            stays &= ~within(points, zone)
        return [box for box, keep in zip(boxes, stays, strict=True) if keep]

    def _is_wanted(self, label: str) -> bool:
        return (self._labels is None or label in self._labels) and label not in self._not_labels


PASSED_ON = frozenset({TRACKS, TEXT, COUNTS})

plugin = Plugin(
    "filter",
    "Filters",
    "1.0",
    (
        ToolSpec(
            id="detections",
            name="Keep some boxes",
            description="Lets boxes through by their label, score, size, and where they stand.",
            params=FilterParams,
            input_types=frozenset({DETECTIONS}),
            optional_input_types=PASSED_ON,
            output_types=PASSED_ON | {DETECTIONS},
            passes_on=PASSED_ON,
            open=FilterTool,
            failure="Filtering failed",
            stateful=False,
        ),
    ),
)
