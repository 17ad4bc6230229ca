"""Counts: who is in a zone, and who crosses a line; by supervision's PolygonZone and LineZone."""

import pickle
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipelines.detections import Detection
from pipelines.tools.base import (
    COUNTS,
    DETECTIONS,
    TEXT,
    TRACKS,
    OpenContext,
    Plugin,
    RunContext,
    ToolSpec,
)
from pipelines.tools.counting.regions import Anchor, Line, Name, Point, Points, Zone, standing_points

# Zones are looked up in a mask of so many cells each way: borders are right to a pixel of a webcam's picture.
GRID = 500
MAX_PLACES = 32
# So many tracks that are out of sight are remembered at most; what a tool costs on a frame is bounded by it.
MAX_UNSEEN = 1000
WAYS: tuple[Literal["in"], Literal["out"]] = ("in", "out")


class CountParams(BaseModel):
    """The parameters of both tools."""

    model_config = ConfigDict(extra="forbid")

    anchor: Anchor = Field("bottom", description="Where a box stands: bottom, in the middle, or its centre")
    keep_frames: int = Field(
        100,
        ge=1,
        le=10_000,
        description="Tracks unseen for so many frames are forgotten; no fewer than the tracker's own number",
    )
    settle_frames: int = Field(
        1, ge=1, le=100, description="Who was in a zone, or beyond a line, for so many frames in a row counts"
    )


class ZonesParams(CountParams):
    """The parameters of `count.zones`."""

    zones: dict[Name, Zone] = Field(
        min_length=1,
        max_length=MAX_PLACES,
        description="Polygons by their names; points are [x, y] in fractions of the frame",
    )


class LinesParams(CountParams):
    """The parameters of `count.lines`."""

    lines: dict[Name, Line] = Field(
        min_length=1,
        max_length=MAX_PLACES,
        description="Two points [x, y] by name, fractions of the frame; in is to the left of the way along",
    )


@dataclass(frozen=True)
class Scene:
    """A frame as a counter sees it: boxes, where they stand, and the tracks that are out of sight.

    `points` is Nx2 in fractions of the frame; `is_followed` says whether a tracker stands before.
    """

    boxes: Sequence[Detection]
    points: Points
    missing: Sequence[int]
    is_followed: bool


class PlaceCounter(Protocol):
    """Counts at one place."""

    def count(self, scene: Scene) -> dict[str, Any]:
        """Count on this frame; gives the place's part of the result."""
        ...

    def kept(self) -> Any:
        """The state that it keeps from the frames before."""
        ...

    def restore(self, kept: Any) -> None:
        """Go on from what another one kept."""
        ...


class ZoneCounter:
    """Counts the boxes in a zone, and with tracks how many different ones have been in it."""

    def __init__(self, corners: Sequence[Point], settle_frames: int) -> None:
        from supervision import PolygonZone, Position

        self._zone = PolygonZone(np.rint(np.asarray(corners) * GRID).astype(int), (Position.CENTER,))
        self._settle_frames = settle_frames
        # For how many frames in a row each track was in the zone; those that have settled stay.
        self._frames: dict[int, int] = {}
        self._total = 0

    def count(self, scene: Scene) -> dict[str, Any]:
        """Count the boxes in it, in all and by label; with tracks also list them and count all so far."""
        places = scene.points * GRID
        are_in = self._zone.trigger(spots(places, range(len(places))))
        inside = [box for box, is_in in zip(scene.boxes, are_in, strict=True) if is_in]
        said = {"now": len(inside), "labels": dict(Counter(box.label for box in inside))}
        if not scene.is_followed:
            return said
        ids = sorted(box.track_id for box in inside if box.track_id is not None)
        self._note(ids, scene)
        return {**said, "tracks": ids, "total": self._total}

    def kept(self) -> Any:
        """The number of tracks so far, and those of them that may come back."""
        return self._total, self._frames

    def restore(self, kept: Any) -> None:
        """Go on from what another one kept."""
        self._total, self._frames = kept

    def _note(self, ids: Iterable[int], scene: Scene) -> None:
        frames = {number: self._frames.get(number, 0) + 1 for number in ids}
        self._total += sum(stayed == self._settle_frames for stayed in frames.values())
        known = {*scene.missing, *(box.track_id for box in scene.boxes)}
        settled = {
            number: stayed
            for number, stayed in self._frames.items()
            if stayed >= self._settle_frames and number in known
        }
        self._frames = settled | frames


class LineCounter:
    """Counts the tracks that cross a line, each way."""

    def __init__(self, ends: Sequence[Point], settle_frames: int) -> None:
        from supervision import LineZone, Position
        from supervision import Point as Place

        start, end = np.asarray(ends)
        self._zone = LineZone(Place(*start), Place(*end), (Position.CENTER,), settle_frames)
        # On neither side: in line with the line, but not on it.
        self._aside = start - 10 * (end - start)
        self._crossed: dict[str, Counter[str]] = {way: Counter() for way in WAYS}

    def count(self, scene: Scene) -> dict[str, Any]:
        """Count the crossings so far, in all and by label, and list those on this frame."""
        ids = [box.track_id for box in scene.boxes] + list(scene.missing)
        # The library forgets who is out of sight for two frames, unless it is shown aside.
        aside = np.tile(self._aside, (len(scene.missing), 1))
        crossings = self._zone.trigger(spots(np.vstack([scene.points, aside]), ids))
        crossed = []
        for way, crosses in zip(WAYS, crossings, strict=True):
            for box, does in zip(scene.boxes, crosses, strict=False):
                if does:
                    self._crossed[way][box.label] += 1
                    crossed.append({"track_id": box.track_id, "label": box.label, "way": way})
        totals = {way: counter.total() for way, counter in self._crossed.items()}
        return {**totals, "labels": self._by_label(), "crossed": crossed}

    def kept(self) -> Any:
        """The counts, and all that the library keeps."""
        sides = dict(self._zone.crossing_state_history)
        return self._crossed, {**vars(self._zone), "crossing_state_history": sides}

    def restore(self, kept: Any) -> None:
        """Go on from what another one kept."""
        self._crossed, library = kept
        # A dictionary with a default of its own, which cannot be pickled: it is filled instead.
        sides = self._zone.crossing_state_history
        sides.update(library["crossing_state_history"])
        vars(self._zone).update({**library, "crossing_state_history": sides})

    def _by_label(self) -> dict[str, dict[str, int]]:
        labels = sorted(set().union(*self._crossed.values()))
        return {label: {way: self._crossed[way][label] for way in WAYS} for label in labels}


class Sightings:
    """For how many frames each track has not been seen; those unseen for `keep_frames` are forgotten.

    Where more than MAX_UNSEEN are out of sight, those that have been so for longest are forgotten as well.
    """

    def __init__(self, keep_frames: int) -> None:
        self._keep_frames = keep_frames
        self.unseen: dict[int, int] = {}

    def update(self, ids: Iterable[int]) -> list[int]:
        """Note who is seen on a frame; gives those who are not, but are still remembered."""
        older = {number: frames + 1 for number, frames in self.unseen.items() if frames < self._keep_frames}
        seen = dict.fromkeys(ids, 0)
        missing = [number for number in older if number not in seen]
        missing = sorted(missing, key=older.__getitem__)[:MAX_UNSEEN]
        self.unseen = {number: older[number] for number in missing} | seen
        return missing


class CountTool:
    """Counts at each of its places, and passes on what was found; counts made before stay beside its own."""

    def __init__(
        self, kind: str, counted: str, counters: Mapping[str, PlaceCounter], params: CountParams
    ) -> None:
        self._kind = kind
        self._counted = counted
        self._counters = counters
        self._anchor = params.anchor
        self._sightings = Sightings(params.keep_frames)

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        """Count the boxes of `detections` or `tracks`."""
        boxes = payload[self._counted]
        missing = self._sightings.update(box.track_id for box in boxes if box.track_id is not None)
        scene = Scene(boxes, standing_points(boxes, self._anchor), missing, TRACKS in payload)
        own = {name: counter.count(scene) for name, counter in self._counters.items()}
        passed_on = {name: payload[name] for name in (DETECTIONS, TRACKS, TEXT) if name in payload}
        return {**passed_on, COUNTS: with_counts(payload.get(COUNTS, {}), self._kind, own)}

    def metadata(self) -> Mapping[str, Any]:
        """The places where it counts, and the library."""
        return {self._kind: list(self._counters), "versions": {"supervision": version("supervision")}}

    def state(self) -> bytes:
        """The counts and who is where; for this tool in our own data folder only."""
        kept = {name: counter.kept() for name, counter in self._counters.items()}
        return pickle.dumps((self._sightings.unseen, kept))

    def restore(self, state: bytes) -> None:
        """Go on counting; unpickling runs code, so never give it a state from outside."""
        self._sightings.unseen, kept = pickle.loads(state)
        for name, counter in self._counters.items():
            counter.restore(kept[name])

    def close(self) -> None:
        """Nothing to let go of."""


def spots(places: Points, ids: Iterable[int | None]) -> Any:
    """Points as the library takes them: Nx2 as boxes without a size."""
    from supervision import Detections

    return Detections(xyxy=np.hstack([places, places]), tracker_id=np.asarray(list(ids), np.int64))


def with_counts(before: Mapping[str, Any], kind: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """The counts made before and a tool's own; where both count at a place of one name, its own."""
    return {**before, kind: {**before.get(kind, {}), **own}}


def open_zones(params: ZonesParams, context: OpenContext) -> CountTool:
    """Open `count.zones`; the library takes a second or two where nothing has loaded it yet."""
    counters = {name: ZoneCounter(corners, params.settle_frames) for name, corners in params.zones.items()}
    return CountTool("zones", DETECTIONS, counters, params)


def open_lines(params: LinesParams, context: OpenContext) -> CountTool:
    """Open `count.lines`."""
    counters = {name: LineCounter(ends, params.settle_frames) for name, ends in params.lines.items()}
    return CountTool("lines", TRACKS, counters, params)


plugin = Plugin(
    "count",
    "Counts",
    "1.0",
    (
        ToolSpec(
            id="zones",
            name="Count in zones",
            description="Who is in each zone, and with tracks how many have been.",
            params=ZonesParams,
            input_types=frozenset({DETECTIONS}),
            optional_input_types=frozenset({TRACKS, TEXT, COUNTS}),
            output_types=frozenset({DETECTIONS, TRACKS, TEXT, COUNTS}),
            passes_on=frozenset({TRACKS, TEXT}),
            open=open_zones,
            zones=lambda params: len(params.zones),
            failure="Counting failed",
        ),
        ToolSpec(
            id="lines",
            name="Count at lines",
            description="Who crosses each line, and how many have, each way; needs tracks.",
            params=LinesParams,
            input_types=frozenset({TRACKS}),
            optional_input_types=frozenset({DETECTIONS, TEXT, COUNTS}),
            output_types=frozenset({DETECTIONS, TRACKS, TEXT, COUNTS}),
            passes_on=frozenset({DETECTIONS, TEXT}),
            open=open_lines,
            failure="Counting failed",
        ),
    ),
)
