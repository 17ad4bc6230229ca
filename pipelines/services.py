"""The services of the vision core for the rest of the project: pipelines by id, opened and run."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import close_old_connections

from pipelines.engine.scheduling.fair_queue import Usage as Usage
from pipelines.engine.scheduling.slot import Slot
from pipelines.errors import InvalidDefinition, PipelineError
from pipelines.graph.definition import PipelineDefinition, parse
from pipelines.graph.execution import OpenPipeline
from pipelines.graph.validation import validate
from pipelines.media.decoding import decode_alone
from pipelines.media.picture_sequence import open_frames
from pipelines.media.video import VideoFrame
from pipelines.models import Pipeline
from pipelines.runtime import Runtime
from pipelines.runtime import get_engine as get_engine
from pipelines.selectors import enabled_row, row_problems
from pipelines.tools.base import Pressure as Pressure
from pipelines.tools.inspector import RunReport

# A picture that is worked on for longer, loading aside, gets no answer.
PICTURE_TIMEOUT_S = 60.0
# All single pictures together have the share of one live session, however many are sent at once.
SINGLE_PICTURES = Usage()
_definitions: dict[str, PipelineDefinition] = {}


def store(row: Pipeline) -> None:
    """Write a new or changed row, with the texts from its definition; a new one replaces no other.

    Raises ValidationError with every problem of the definition.
    """
    if problems := row_problems(row):
        raise ValidationError({"definition": problems})
    row.take(row.definition)
    row.save(force_insert=row._state.adding)


def definition_of(pipeline_id: str) -> PipelineDefinition:
    """The definition of an enabled pipeline as stored now; raises UnknownPipeline and InvalidDefinition."""
    return one_for_all(checked(enabled_row(pipeline_id).definition, pipeline_id))


def one_for_all(definition: PipelineDefinition) -> PipelineDefinition:
    """The equal definition that the sessions before have, if it is equal still: a thousand need no copies."""
    known = _definitions.get(definition.id)
    if known is None or known != definition:
        known = _definitions[definition.id] = definition
    return known


def checked(data: Any, pipeline_id: str = "", *, by_request: bool = False) -> PipelineDefinition:
    """The definition in `data`, which need not be stored; raises InvalidDefinition with all its problems.

    `by_request` as for `validate`.
    """
    problems = validate(data, get_engine().registry, by_request=by_request)
    definition, _ = parse(data)
    if definition is None or problems:
        said = "; ".join(str(problem) for problem in problems)
        raise InvalidDefinition(f"The pipeline {pipeline_id or 'given'} is not valid: {said}")
    return definition


def open_for_file(data: Any, *, device: str = "auto") -> OpenPipeline:
    """Open a definition that need not be stored, for a whole file; raises PipelineError.

    `auto` stands for the server's own setting.
    """
    wanted = None if device == "auto" else device
    return get_engine().open_sync(checked(data), live=False, device=wanted)


def live_is_pressed() -> bool:
    """True if live sessions, of whatever process, have had to drop frames just now."""
    return get_engine().overload.is_high()


async def adefinition_of(pipeline_id: str) -> PipelineDefinition:
    """`definition_of` for an event loop; a database connection that has died meanwhile is made anew."""

    def read() -> PipelineDefinition:
        close_old_connections()
        try:
            return definition_of(pipeline_id)
        finally:
            close_old_connections()

    return await sync_to_async(read)()


async def aopen_live(pipeline_id: str) -> OpenPipeline:
    """Open a pipeline for a live session; never blocks the event loop. Raises PipelineError."""
    return await get_engine().open(await adefinition_of(pipeline_id), live=True)


def run_video_frame(pipeline: OpenPipeline, frame: VideoFrame) -> RunReport:
    """Run one frame of a file; what was wrong with the file comes first among the warnings."""
    report = pipeline.run({"frame_index": frame.index, "image": frame.image_bgr})
    return replace(report, warnings=[*frame.warnings, *report.warnings])


@dataclass(frozen=True)
class Decoded:
    """A payload whose picture is decoded already, what is to be said of that, and how long it took."""

    payload: Mapping[str, Any]
    notes: Sequence[str] = ()
    decode_ms: float = 0.0

    def in_report(self, report: RunReport) -> RunReport:
        """The report of the run, with what was done before it."""
        timings_ms = dict(report.timings_ms)
        for stage in ("decode", "total"):
            timings_ms[stage] = round(timings_ms[stage] + self.decode_ms, 3)
        return replace(report, timings_ms=timings_ms, warnings=[*self.notes, *report.warnings])


async def decoded(payload: Mapping[str, Any], slot: Slot) -> Decoded:
    """The payload with its picture decoded in another slot than those of live frames."""
    started = time.perf_counter()
    picture = await slot.run(decode_alone, payload["image_bytes"])
    given = {"frame_index": payload["frame_index"], "image": picture.image_bgr}
    return Decoded(given, picture.notes, (time.perf_counter() - started) * 1000)


class DagPipelineService:
    """Runs one picture through a stored pipeline, which is opened for it and closed again."""

    def __init__(self, engine: Runtime | None = None) -> None:
        self._engine = engine

    @property
    def engine(self) -> Runtime:
        """The engine that was given, or else that of the process."""
        return self._engine or get_engine()

    def run_pipeline(self, pipeline_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The result for a payload of `frame_index` and `image_bytes`; raises PipelineError."""
        with closing(self.engine.open_sync(definition_of(pipeline_id), live=False)) as pipeline:
            return pipeline.run(payload).result

    async def arun_pipeline(
        self, pipeline_id: str, payload: Mapping[str, Any], holds: Slot | None = None
    ) -> RunReport:
        """The same beside live sessions: it waits for its turn as they do, and tells the timings too.

        A thread cannot be stopped: what it runs becomes the `work` of the slot that it `holds` beside the
        engine's, so that this one stays taken as well where the awaiting task is cancelled.
        """
        return await self.arun_definition(await adefinition_of(pipeline_id), payload, holds)

    async def arun_definition(
        self, definition: PipelineDefinition, payload: Mapping[str, Any], holds: Slot | None = None
    ) -> RunReport:
        """The same for a definition that need not be stored."""
        pipeline = await self.engine.open(definition, live=False)
        # Whoever takes this closes the pipeline: the worker once it runs, or else the task that is cancelled.
        to_close = threading.Lock()

        def run() -> RunReport:
            if not to_close.acquire(blocking=False):
                raise PipelineError("The run was cancelled")
            with closing(pipeline):
                return pipeline.run(given.payload)

        try:
            given = await decoded(payload, holds) if holds else Decoded(payload)
            async with self.engine.slot(SINGLE_PICTURES) as slot:
                try:
                    return given.in_report(await slot.run_within(PICTURE_TIMEOUT_S, run))
                except TimeoutError as error:
                    detail = f"No answer for a picture within {PICTURE_TIMEOUT_S:g} s"
                    raise PipelineError(detail) from error
                finally:
                    if holds is not None:
                        holds.work = slot.work
        finally:
            if to_close.acquire(blocking=False):
                pipeline.close()


class VideoFilePipelineService:
    """Runs the frames of one video through stored pipelines; use it in a `with`, or close it in the end.

    A pipeline that `run_on_frame` has opened stays open, with what its tools remember of the frames before.
    """

    def __init__(self, engine: Runtime | None = None) -> None:
        self._engine = engine
        self._open: dict[str, OpenPipeline] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def is_valid_pipeline(self, pipeline_id: str) -> bool:
        """True if an enabled pipeline has this id and a valid definition."""
        try:
            definition_of(pipeline_id)
        except PipelineError:
            return False
        return True

    def run_on_frame(self, pipeline_id: str, frame_index: int, frame_bytes: bytes) -> dict[str, Any]:
        """The result for one frame of the video, a JPEG or another image file; raises PipelineError."""
        if pipeline_id not in self._open:
            self._open[pipeline_id] = self.open(pipeline_id)
        return self._open[pipeline_id].run({"frame_index": frame_index, "image_bytes": frame_bytes}).result

    def run_on_file(
        self, pipeline_id: str, path: Path, *, frame_stride: int = 1, max_frames: int | None = None
    ) -> Iterator[tuple[int, RunReport]]:
        """The report of every `frame_stride`-th frame, with the frame's index in the video, from 1.

        What was wrong with the file before or at a frame is among its warnings. Raises InvalidVideo for what
        is no video, and PipelineError.
        """
        with open_frames(path) as video, closing(self.open(pipeline_id)) as pipeline:
            for frame in video.frames(frame_stride=frame_stride, max_frames=max_frames):
                yield frame.index, run_video_frame(pipeline, frame)

    def open(self, pipeline_id: str, *, device: str | None = None) -> OpenPipeline:
        """Open a pipeline for a whole file, where every frame gets the whole answer; raises PipelineError."""
        engine = self._engine or get_engine()
        return engine.open_sync(definition_of(pipeline_id), live=False, device=device)

    def close(self) -> None:
        """Close the pipelines that `run_on_frame` opened."""
        while self._open:
            self._open.popitem()[1].close()
