"""Opens, runs and closes one tool, so that whatever goes wrong in it stays in it."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from pipelines.errors import PipelineError, ToolFailure
from pipelines.tools.base import OpenContext, Resumable, ToolSpec
from pipelines.tools.inspector import Inspection, InspectorService
from pipelines.tools.json_results import json_safe

LOGGER = logging.getLogger(__name__)


class Node(Protocol):
    """The place in the graph that a runner runs for."""

    @property
    def id(self) -> str:
        """Its id within the pipeline."""
        ...

    @property
    def plugin_id(self) -> str:
        """The plugin of its tool."""
        ...

    @property
    def tool_id(self) -> str:
        """The tool within the plugin."""
        ...

    @property
    def params(self) -> Mapping[str, Any]:
        """The tool's parameters, as the definition has them."""
        ...


class ToolRunner:
    """One opened tool at its node; when it fails, clients read its sentence and the log has the traceback."""

    def __init__(
        self,
        node: Node,
        spec: ToolSpec,
        context: OpenContext,
        inspector: InspectorService,
        *,
        pipeline_id: str = "",
        logger: logging.Logger = LOGGER,
    ) -> None:
        """Open the tool, which may take seconds; raises PipelineError, ToolFailure for the unforeseen."""
        self.node = node
        self._spec = spec
        self._name = f"{node.plugin_id}.{node.tool_id}"
        self._inspector = inspector
        self._pipeline_id = pipeline_id
        self._logger = logger
        try:
            self._tool = spec.open(spec.params.model_validate(dict(node.params)), context)
        except PipelineError:
            raise
        except Exception as error:
            self._log("tool_open_failed")
            raise ToolFailure(spec.failure) from error
        inspector.opened(self._name, self.metadata())

    def run(self, payload: Mapping[str, Any], inspection: Inspection) -> dict[str, Any]:
        """The outputs of the types that it declares; raises PipelineError, ToolFailure for the unforeseen."""
        context = inspection.context
        already_said = len(context.warnings)
        try:
            with inspection.measure(self.node.id):
                outputs = dict(self._tool.run(payload, context))
        except PipelineError:
            self._inspector.failed(self._name)
            raise
        except Exception as error:
            self._inspector.failed(self._name)
            self._log("tool_failed", frame_index=context.frame_index)
            raise ToolFailure(self._spec.failure) from error
        declared = self._only_declared(outputs, context.warnings)
        self._inspector.ran(self._name, inspection.timings_ms[self.node.id], context.warnings[already_said:])
        return declared

    def metadata(self) -> dict[str, Any]:
        """The tool's metadata, JSON-safe; empty where it cannot say."""
        try:
            return json_safe(self._tool.metadata())
        except Exception:
            self._log("tool_metadata_failed")
            return {}

    @property
    def can_resume(self) -> bool:
        """True if `state` is all that another process needs in order to go on after this frame."""
        return isinstance(self._tool, Resumable) or not self._spec.stateful

    def state(self) -> bytes:
        """The state that the tool keeps from the frames before; empty where it keeps nothing."""
        return self._tool.state() if isinstance(self._tool, Resumable) else b""

    def restore(self, state: bytes) -> None:
        """Restore a state that `state` returned; raises whatever the tool raises."""
        if isinstance(self._tool, Resumable):
            self._tool.restore(state)

    def close(self) -> None:
        """Close the tool; what it raises is logged only, because there is nobody left to tell."""
        try:
            self._tool.close()
        except Exception:
            self._log("tool_close_failed")

    def _only_declared(self, outputs: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
        """Validation has compared the declared types, so nothing else may flow along an edge."""
        undeclared = sorted(str(name) for name in outputs.keys() - self._spec.output_types)
        if undeclared:
            warnings.append(f"{self._name} gave {', '.join(undeclared)} without declaring it: left out")
        return {name: value for name, value in outputs.items() if name in self._spec.output_types}

    def _log(self, event: str, **fields: Any) -> None:
        fields = {"pipeline_id": self._pipeline_id, "node": self.node.id, "tool": self._name, **fields}
        self._logger.error(event, exc_info=True, extra={"fields": fields})
