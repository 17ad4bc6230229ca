"""One attempt at a job: goes on where the last checkpoint is, frame by frame, to the end."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import Any
from uuid import UUID

from jobs import events, storage
from jobs.intake.frames import EndOfFile, Item, SourceFrame, bytes_of, frames_of
from jobs.models import Job
from jobs.results.result_lines import Line, error_line, result_line
from jobs.worker import leases
from jobs.worker.frame_marker import FrameMarker
from jobs.worker.heartbeat import Heartbeat, WorkerStopping
from jobs.worker.leases import Claim, LeaseLost
from jobs.worker.prefetch import Prefetch
from jobs.worker.result_writer import ResultWriter, States
from pipelines.errors import PipelineError
from pipelines.graph.execution import OpenPipeline
from pipelines.services import live_is_pressed, open_for_file

logger = logging.getLogger(__name__)

# Decoded frames that wait: enough to keep the networks busy, not enough to fill the memory.
AHEAD_BYTES = 64 * 1024 * 1024
AHEAD_FRAMES = 16
UNEXPECTED = "Unexpected error occurred"
LIVE_PAUSE_S = 0.5


class Runner:
    """Works through a job that this process has claimed; `place` is the frame it is at, or 0 before."""

    def __init__(self, job: Job, claim: Claim, heartbeat: Heartbeat, *, yield_to_live: bool) -> None:
        self._job = job
        self._claim = claim
        self._heartbeat = heartbeat
        self._yield_to_live = yield_to_live
        self.place = 0

    def run(self) -> bool:
        """To the end of the job; False where it was lost just before.

        Raises LeaseLost, WorkerStopping once what is done is kept, PipelineError where the pipeline cannot be
        opened or the file not be read, and OSError where the disk is full.
        """
        job = self._job
        storage.make_result_dir(job.pk)
        writer = ResultWriter(job, self._claim, tools_of(job.definition))
        with ExitStack() as stack:
            pipeline, replay = self._open(stack, writer)
            marker = stack.enter_context(closing(FrameMarker(storage.marker_path(job.pk, job.attempt))))
            items = frames_of(
                job.source_path,
                job.source_kind,
                stride=job.frame_stride,
                first_frame=1 if replay else job.next_frame,
            )
            ahead = stack.enter_context(
                Prefetch(items, ahead=AHEAD_FRAMES, max_bytes=AHEAD_BYTES, size_of=bytes_of)
            )
            try:
                self._work(ahead, pipeline, writer, marker)
                writer.keep(states_of(pipeline, self._job.pk))
            except WorkerStopping:
                writer.keep(states_of(pipeline, self._job.pk))
                raise
            except LeaseLost:
                writer.keep_cancelled(states_of(pipeline, self._job.pk))
                raise
        return writer.finish()

    def _open(self, stack: ExitStack, writer: ResultWriter) -> tuple[OpenPipeline, bool]:
        """The pipeline as it was at the checkpoint, or fresh and to see the file from its beginning again."""
        pipeline = stack.enter_context(closing(self._open_fresh()))
        if self._job.next_frame == 1:
            return pipeline, False
        states = writer.read_states() or stateless(pipeline, self._job.pk)
        if states is None:
            return pipeline, True
        try:
            pipeline.restore(states)
        # What a tool of another version kept may be unreadable in any way.
        except Exception:
            log_state_lost(self._job.pk)
            return stack.enter_context(closing(self._open_fresh())), True
        return pipeline, False

    def _open_fresh(self) -> OpenPipeline:
        self._heartbeat.check()
        pipeline = open_for_file(self._job.definition, device=self._job.device_requested)
        leases.note(self._claim, **facts_of(pipeline.metadata(), tools_of(self._job.definition)))
        return pipeline

    def _work(
        self, items: Prefetch[Item], pipeline: OpenPipeline, writer: ResultWriter, marker: FrameMarker
    ) -> None:
        at_most = self._job.max_frames
        while at_most is None or writer.summary.lines < at_most:
            self._heartbeat.check()
            item = next(items, None)
            if item is None:
                return
            if isinstance(item, EndOfFile):
                writer.end_of_file(item)
                return
            self._give_way()
            line = self._run_frame(item, pipeline, marker)
            index = item.index
            # The next one is read without this one in memory.
            del item
            if index < self._job.next_frame:
                continue
            writer.add(line)
            if writer.is_due:
                writer.keep(states_of(pipeline, self._job.pk))
            writer.tell_progress()

    def _run_frame(self, frame: SourceFrame, pipeline: OpenPipeline, marker: FrameMarker) -> Line:
        self.place = frame.index
        if frame.image_bgr is None:
            return error_line(frame.index, frame.time_s, frame.error, frame.warnings)
        marker.mark(frame.index)
        self._heartbeat.begin_frame(frame.index)
        try:
            report = pipeline.run({"frame_index": frame.index, "image": frame.image_bgr})
        except PipelineError as error:
            return error_line(frame.index, frame.time_s, error.detail, frame.warnings)
        except Exception:
            logger.exception(
                events.FRAME_FAILED,
                extra={"fields": {"job_id": str(self._job.pk), "frame_index": frame.index}},
            )
            return error_line(frame.index, frame.time_s, UNEXPECTED, frame.warnings)
        finally:
            self._heartbeat.end_frame()
        warnings = [*frame.warnings, *report.warnings]
        size_wh = frame.image_bgr.shape[1], frame.image_bgr.shape[0]
        other_size = size_wh if size_wh != (self._job.width, self._job.height) else None
        return result_line(frame.index, frame.time_s, report.result, report.timings_ms, warnings, other_size)

    def _give_way(self) -> None:
        """Wait while live sessions have to drop frames, if so set."""
        while self._yield_to_live and live_is_pressed():
            self._heartbeat.wait(LIVE_PAUSE_S)


def states_of(pipeline: OpenPipeline, job_id: UUID) -> States:
    """The states of the tools, from which another worker can go on with the job; empty if they have none."""
    if not pipeline.can_resume:
        return {}
    try:
        return pipeline.state()
    # A tool that cannot give its state sees the file from its beginning again, should that ever be needed.
    except Exception:
        log_state_lost(job_id)
        return {}


def log_state_lost(job_id: UUID) -> None:
    """Say in an `except` that the tools cannot go on from a checkpoint."""
    logger.warning(events.STATE_LOST, exc_info=True, extra={"fields": {"job_id": str(job_id)}})


def stateless(pipeline: OpenPipeline, job_id: UUID) -> States | None:
    """The state of a pipeline that keeps nothing from frame to frame; None for one that does."""
    states = states_of(pipeline, job_id)
    return None if any(states.values()) else states or None


def tools_of(definition: Mapping[str, Any]) -> dict[str, str]:
    """The tool of each node as `plugin.tool`, by the node's id."""
    return {node["id"]: f"{node['plugin_id']}.{node['tool_id']}" for node in definition["nodes"]}


def facts_of(metadata: Mapping[str, Mapping[str, Any]], tools: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of each tool, and the device of the heaviest of them."""
    used = {facts.get("device_used") for facts in metadata.values()}
    return {
        "tools": {node: {"tool": tools.get(node, ""), **facts} for node, facts in metadata.items()},
        "device_used": next((device for device in ("cuda", "remote", "cpu") if device in used), ""),
        "fallback": any(bool(facts.get("fallback")) for facts in metadata.values()),
    }
