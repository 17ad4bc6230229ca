"""Opens a pipeline and runs frames through it: the one path for live frames, single pictures and files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from pipelines.errors import InvalidDefinition, InvalidImage, PipelineError
from pipelines.graph.definition import PipelineDefinition
from pipelines.graph.plan import Step, make_plan
from pipelines.graph.validation import validate
from pipelines.media.images import check_image, read_picture
from pipelines.tools.base import OpenContext, Pressure
from pipelines.tools.inspector import InspectorService, RunReport, process_inspector
from pipelines.tools.json_results import json_safe
from pipelines.tools.registry import PluginRegistry
from pipelines.tools.tool_runner import ToolRunner


class OpenPipeline:
    """The tools of one pipeline, opened for one session, job or picture, with the state that they keep.

    `run` and `close` are called by one thread at a time, not always the same one.
    """

    def __init__(
        self,
        definition: PipelineDefinition,
        steps: Sequence[tuple[Step, ToolRunner]],
        inspector: InspectorService,
    ) -> None:
        self.definition = definition
        self._steps = tuple(steps)
        self._inspector = inspector
        self._closed = False
        # Called for each frame of a session that has to drop others.
        self.when_pressed: Callable[[], None] | None = None

    def run(
        self, payload: Mapping[str, Any], pressure: Pressure = Pressure.NORMAL, deadline: float | None = None
    ) -> RunReport:
        """Run one frame; for `deadline` see RunContext.

        The payload has `frame_index` and either `image_bytes`, an image file, or `image`, BGR uint8 HxWx3.
        Raises InvalidImage for bytes that are no picture and ToolFailure where a tool raises.
        """
        if self._closed:
            raise PipelineError("The pipeline is closed")
        if pressure is not Pressure.NORMAL and self.when_pressed:
            self.when_pressed()
        inspection = self._inspector.inspect(int(payload["frame_index"]), pressure, deadline)
        outputs: dict[str, dict[str, Any]] = {}
        with inspection.measure("total"):
            with inspection.measure("decode"):
                frame = {**payload, "image": picture_of(payload, inspection.context.warnings)}
            for step, runner in self._steps:
                merged = merge(frame, (outputs[node_id] for node_id in step.predecessors))
                outputs[step.node.id] = runner.run(merged, inspection)
            result = merge({}, (outputs[node_id] for node_id in self.definition.output_nodes))
            plain = json_safe(result)
        return inspection.report(plain)

    @property
    def can_resume(self) -> bool:
        """True if `state` is enough to go on with a file in another process; else its frames are run anew."""
        return all(runner.can_resume for _, runner in self._steps)

    def state(self) -> dict[str, bytes]:
        """The state that each node keeps from the frames before, by its id."""
        return {step.node.id: runner.state() for step, runner in self._steps}

    def restore(self, states: Mapping[str, bytes]) -> None:
        """Go on from a state of the same pipeline; call it before the first frame."""
        for step, runner in self._steps:
            runner.restore(states[step.node.id])

    def metadata(self) -> dict[str, dict[str, Any]]:
        """The metadata of each node, by its id."""
        return {step.node.id: runner.metadata() for step, runner in self._steps}

    def close(self) -> None:
        """Close every tool, the last one first; may be called again."""
        if not self._closed:
            self._closed = True
            for _, runner in reversed(self._steps):
                runner.close()


def open_pipeline(
    definition: PipelineDefinition,
    registry: PluginRegistry,
    context: OpenContext,
    inspector: InspectorService = process_inspector,
) -> OpenPipeline:
    """Open every tool; takes seconds where a network is to be loaded.

    Raises InvalidDefinition with all problems, or the PipelineError of the first tool that cannot be opened;
    those that were open already are closed.
    """
    problems = validate(definition.as_dict(), registry)
    if problems:
        raise InvalidDefinition("; ".join(str(problem) for problem in problems))
    with ExitStack() as opened:
        steps = []
        for step in make_plan(definition):
            spec = registry.find(step.node.plugin_id, step.node.tool_id)
            assert spec is not None, "validated above"
            runner = ToolRunner(step.node, spec, context, inspector, pipeline_id=definition.id)
            opened.callback(runner.close)
            steps.append((step, runner))
        opened.pop_all()
    return OpenPipeline(definition, steps, inspector)


def picture_of(payload: Mapping[str, Any], warnings: list[str]) -> Any:
    """The frame's picture, decoded if it came as bytes, with warnings of what was changed.

    Raises InvalidImage.
    """
    if "image_bytes" in payload:
        picture = read_picture(bytes(payload["image_bytes"]))
        warnings += picture.notes
        return picture.image_bgr
    if "image" in payload:
        return check_image(payload["image"])
    raise InvalidImage("The payload has neither image_bytes nor image")


def merge(first: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One mapping of all; where a key is in several, the last one wins."""
    merged = dict(first)
    for other in others:
        merged.update(other)
    return merged
