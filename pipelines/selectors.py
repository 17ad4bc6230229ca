"""Reads of pipelines: what is stored, whether it is valid, and whether it can run now."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forgesyte.units import MEGABYTE
from pipelines.errors import UnknownPipeline
from pipelines.graph.definition import Node, PipelineDefinition, parse, read
from pipelines.graph.fields import SLUG
from pipelines.graph.validation import Problem, validate
from pipelines.models import Pipeline
from pipelines.runtime import current_engine, get_engine
from pipelines.tools.base import ToolSpec
from pipelines.tools.parameters import shown

DISABLED = "Disabled in the admin"


@dataclass(frozen=True)
class PipelineState:
    """A stored pipeline and what there is to say against running it now; `reason` is None when nothing is."""

    row: Pipeline
    problems: tuple[Problem, ...]
    reason: str | None

    @property
    def valid(self) -> bool:
        """True if the stored definition passes validation."""
        return not self.problems

    @property
    def available(self) -> bool:
        """True if a session can open it now."""
        return self.reason is None


def problems_of(definition: Any, *, by_request: bool = False) -> list[Problem]:
    """Every problem of a definition, with the plugins and files of this process; see `validate`."""
    problems = validate(definition, get_engine().registry, by_request=by_request)
    # What files there are is told only of names that a request may give.
    return problems if problems else conflicts_in(definition)


def conflicts_in(definition: Any) -> list[Problem]:
    """The problems of a valid definition with the files that are there."""
    engine, found = get_engine(), []
    for node in read(definition).definition.nodes:
        tool = engine.registry.find(node.plugin_id, node.tool_id)
        if tool and (said := tool.conflict(tool.params.model_validate(dict(node.params)), engine.weights)):
            found.append(Problem(f"nodes[{node.id}].params", said))
    return found


def row_problems(row: Pipeline) -> list[str]:
    """Every reason why this row may not be stored, as sentences."""
    return [str(problem) for problem in problems_of(row.definition)] + row.identity_problems()


def state_of(row: Pipeline) -> PipelineState:
    """Judge one row; loads nothing."""
    problems = tuple(validate(row.definition, get_engine().registry))
    return PipelineState(row, problems, _reason(row, problems))


def states(*, enabled_only: bool = True) -> list[PipelineState]:
    """Every pipeline, the invalid ones too."""
    rows = Pipeline.objects.filter(enabled=True) if enabled_only else Pipeline.objects.all()
    return [state_of(row) for row in rows]


def list_pipelines() -> list[dict[str, Any]]:
    """The enabled pipelines as clients choose among them; those that cannot run now say why."""
    return [_as_choice(state) for state in states()]


def enabled_row(pipeline_id: str) -> Pipeline:
    """The row of an enabled pipeline; raises UnknownPipeline."""
    row = Pipeline.objects.filter(pk=pipeline_id, enabled=True).first() if SLUG.match(pipeline_id) else None
    if row is None:
        raise UnknownPipeline(pipeline_id)
    return row


def enabled_state(pipeline_id: str) -> PipelineState:
    """The state of an enabled pipeline; raises UnknownPipeline."""
    return state_of(enabled_row(pipeline_id))


def pipeline_info(pipeline_id: str) -> dict[str, Any]:
    """An enabled pipeline in full; of an invalid one as much as can be read. Raises UnknownPipeline."""
    state = enabled_state(pipeline_id)
    definition = read(state.row.definition).definition
    graph = definition.as_dict()
    return {
        **_as_choice(state),
        **{name: graph[name] for name in ("edges", "entry_nodes", "output_nodes")},
        "nodes": [{**node.as_dict(), "params": _shown_params(node)} for node in definition.nodes],
        "node_count": len(definition.nodes),
        "edge_count": len(definition.edges),
        "valid": state.valid,
        "errors": [problem.as_dict() for problem in state.problems],
    }


def tool_health(tool: ToolSpec) -> str:
    """`ok`, or what stands in the way of a tool with its default parameters."""
    try:
        params = tool.params()
    except ValidationError:
        # It has a parameter without a default: only a pipeline can tell whether that one is at hand.
        return "ok"
    return tool.unavailable(params, get_engine().weights) or "ok"


def tool_reference() -> list[dict[str, Any]]:
    """Every tool with its parameters, for a person who writes a definition."""
    return [
        {
            "plugin_id": plugin.id,
            "tool_id": tool.id,
            "description": tool.description,
            "takes": sorted(tool.input_types),
            "may_take": sorted(tool.optional_input_types),
            "gives": sorted(tool.output_types),
            "params": [_param(name, schema) for name, schema in _properties(tool).items()],
        }
        for plugin in get_engine().registry.plugins
        for tool in plugin.tools
    ]


def loaded_networks() -> list[dict[str, Any]]:
    """The networks that this process has loaded, for operators; sizes are estimates."""
    engine = current_engine()
    found = engine.networks.listing() if engine else []
    return [
        {"name": network_name(key), "megabytes": size / MEGABYTE, "in_use": in_use}
        for key, size, in_use in sorted(found, key=lambda entry: str(entry[0]))
    ]


def network_name(key: Any) -> str:
    """The key of a network in words; of a file its name only."""
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(Path(part).name if Path(part).is_absolute() else part for part in map(str, parts))


def why_unavailable(definition: PipelineDefinition) -> str | None:
    """Say what is missing to open a valid definition now, e.g. its weights; None when nothing is."""
    return next((reason for node in definition.nodes if (reason := _missing(node))), None)


def summary(problems: Iterable[Problem]) -> str:
    """All problems in one line."""
    return "; ".join(f"{problem.where}: {problem.message}" for problem in problems)


def _properties(tool: ToolSpec) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = tool.params.model_json_schema().get("properties", {})
    return properties


def _param(name: str, schema: dict[str, Any]) -> dict[str, str]:
    default = json.dumps(schema["default"]) if "default" in schema else "must be given"
    return {"name": name, "default": default, "description": schema.get("description", "")}


def _as_choice(state: PipelineState) -> dict[str, Any]:
    return {
        "id": state.row.pk,
        "name": state.row.name,
        "description": state.row.description,
        "available": state.available,
        "reason": state.reason,
    }


def _shown_params(node: Node) -> dict[str, Any]:
    tool = get_engine().registry.find(node.plugin_id, node.tool_id)
    return shown(tool.params, node.params) if tool else {}


def _reason(row: Pipeline, problems: tuple[Problem, ...]) -> str | None:
    if problems:
        return f"Invalid: {summary(problems)}"
    if not row.enabled:
        return DISABLED
    definition, _ = parse(row.definition)
    return why_unavailable(definition) if definition else None


def _missing(node: Node) -> str | None:
    engine = get_engine()
    tool = engine.registry.find(node.plugin_id, node.tool_id)
    assert tool is not None, "the definition is valid"
    return tool.unavailable(tool.params.model_validate(dict(node.params)), engine.weights)
