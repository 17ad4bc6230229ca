"""The HTTP face of pipelines and plugins."""

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial, wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from ninja import File, Router, Schema, UploadedFile
from ninja.decorators import decorate_view
from ninja.errors import HttpError
from pydantic import BaseModel

from accounts.models import Scope
from forgesyte.api import strict_json
from forgesyte.api.access import Access
from forgesyte.api.errors import Error, error_response, form_refusal, plain
from pipelines import selectors
from pipelines.definition_checks import checks
from pipelines.errors import InvalidDefinition, WeightsNotFound
from pipelines.graph.schema import DEFINITION_SCHEMA
from pipelines.media import uploads
from pipelines.media.picture_slots import picture_slots
from pipelines.runtime import get_engine
from pipelines.services import DagPipelineService
from pipelines.tools.base import Plugin, ToolSpec
from pipelines.tools.inspector import process_inspector

View = Callable[..., Awaitable[HttpResponseBase]]

router = Router(tags=["pipelines"])
# What Python says of a module that it cannot import has paths of the server in it.
LEFT_OUT = "could not be loaded; `manage.py check` says why"

# What a multipart body adds around its one file.
ENVELOPE_BYTES = 64 * 1024
DEFINITION_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": DEFINITION_SCHEMA}}}
}


class PipelineChoice(Schema):
    """A pipeline to choose; `reason` says why it cannot run now."""

    id: str
    name: str
    description: str
    available: bool
    reason: str | None


class PipelineList(Schema):
    """The pipelines that a client may choose from."""

    pipelines: list[PipelineChoice]


class NodeInfo(Schema):
    """A step of a pipeline."""

    id: str
    plugin_id: str
    tool_id: str
    params: dict[str, Any]


class EdgeInfo(Schema):
    """An edge: the output of one node is the input of the other."""

    from_node: str
    to_node: str


class ProblemInfo(Schema):
    """One thing that is wrong with a definition, and where."""

    where: str
    message: str


class PipelineInfo(PipelineChoice):
    """A pipeline in full."""

    node_count: int
    edge_count: int
    entry_nodes: list[str]
    output_nodes: list[str]
    nodes: list[NodeInfo]
    edges: list[EdgeInfo]
    valid: bool
    errors: list[ProblemInfo]


class Verdict(Schema):
    """The outcome of validation: every problem at once."""

    valid: bool
    errors: list[ProblemInfo]


class ToolInfo(Schema):
    """A tool as it is offered; `health` is `ok` or what stands in its way, `timings` add up its runs."""

    id: str
    name: str
    description: str
    input_types: list[str]
    optional_input_types: list[str]
    output_types: list[str]
    params: dict[str, Any]
    health: str
    timings: dict[str, Any]


class PluginInfo(Schema):
    """A plugin and its tools."""

    id: str
    name: str
    version: str
    tools: list[ToolInfo]


class PluginProblemInfo(Schema):
    """A plugin that was left out, and why."""

    plugin: str
    message: str


class EngineInfo(Schema):
    """The engine: its slots, the frames that wait, and its device."""

    slots: int
    waiting: int
    device: str


class PluginList(Schema):
    """The plugins that pipelines can be made of."""

    plugins: list[PluginInfo]
    problems: list[PluginProblemInfo]
    engine: EngineInfo


class RunResult(Schema):
    """The result of a pipeline for one picture; times in milliseconds."""

    result: dict[str, Any]
    timings_ms: dict[str, float]
    warnings: list[str]


def limited_upload(view: View) -> View:
    """Refuse a body that is too large, and take it apart in a thread: it may consist of many parts."""

    @wraps(view)
    async def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if int(request.META.get("CONTENT_LENGTH") or 0) > uploads.MAX_BYTES + ENVELOPE_BYTES:
            return error_response(413, "file_too_large", uploads.TOO_LARGE)
        try:
            await sync_to_async(lambda: request.FILES)()
        except SuspiciousOperation as error:
            return plain(*form_refusal(error))
        except MultiPartParserError as error:
            return plain(400, f"The form cannot be read: {error}")
        return await view(request, *args, **kwargs)

    return limited


@router.get(
    "/pipelines/list", response={200: PipelineList, 401: Error}, summary="The pipelines to choose from"
)
async def pipelines_list(request: HttpRequest) -> dict[str, Any]:
    """Every enabled pipeline; one that cannot run now says why."""
    return {"pipelines": await sync_to_async(selectors.list_pipelines)()}


@router.get(
    "/pipelines/{pipeline_id}/info",
    response={200: PipelineInfo, (401, 404): Error},
    summary="One pipeline in full",
)
async def pipeline_info(request: HttpRequest, pipeline_id: str) -> dict[str, Any]:
    """Its graph and whether it can run now."""
    return await sync_to_async(selectors.pipeline_info)(pipeline_id)


@router.post(
    "/pipelines/validate",
    auth=Access(Scope.RUN),
    response={200: Verdict, (400, 401, 403, 413, 429): Error},
    openapi_extra=DEFINITION_BODY,
    summary="Is this definition valid?",
)
async def validate_definition(request: HttpRequest) -> dict[str, Any]:
    """All problems of the definition in the body, the first 100 where there are more; nothing is stored."""
    return await checks.run(partial(verdict_on, request.body))


@router.post(
    "/pipelines/{pipeline_id}/run",
    auth=Access(Scope.RUN),
    response={200: RunResult, (400, 401, 403, 404, 413, 415, 422, 429, 500, 503): Error},
    summary="One picture in, one result out",
)
@decorate_view(limited_upload)
async def run_pipeline(request: HttpRequest, pipeline_id: str, file: File[UploadedFile]) -> dict[str, Any]:
    """Run a picture file through a pipeline, in turn with the live sessions."""
    state = await sync_to_async(selectors.enabled_state)(pipeline_id)
    if state.problems:
        raise InvalidDefinition(f"{pipeline_id}: {selectors.summary(state.problems)}")
    if state.reason:
        raise WeightsNotFound(state.reason)
    async with picture_slots().acquire() as slot:
        image_bytes = await sync_to_async(uploads.read_picture)(file, settings.PIPELINES.max_picture_pixels)
        payload = {"frame_index": 1, "image_bytes": image_bytes}
        report = await DagPipelineService().arun_pipeline(pipeline_id, payload, slot)
    return {"result": report.result, "timings_ms": report.timings_ms, "warnings": report.warnings}


def verdict_on(body: bytes) -> dict[str, Any]:
    """List the problems of the definition in a body; raises HttpError where it is not JSON."""
    try:
        definition = strict_json.loads(body)
    except strict_json.NotJson as error:
        raise HttpError(400, f"The body is not JSON: {error}") from error
    problems = selectors.problems_of(definition, by_request=True)
    return {"valid": not problems, "errors": [problem.as_dict() for problem in problems]}


@router.get("/plugins", response={200: PluginList, 401: Error}, summary="What pipelines can be made of")
async def plugins_list(request: HttpRequest) -> dict[str, Any]:
    """Plugins and their tools, with the JSON schema of each tool's parameters."""
    engine = get_engine()
    return {
        "plugins": [plugin_info(plugin) for plugin in engine.registry.plugins],
        "problems": [{"plugin": problem.plugin, "message": LEFT_OUT} for problem in engine.registry.problems],
        "engine": {"slots": engine.slots, "waiting": engine.waiting, "device": engine.device},
    }


def plugin_info(plugin: Plugin) -> dict[str, Any]:
    """One plugin for `GET /plugins`."""
    timings = process_inspector.summary()
    tools = [tool_info(tool, timings.get(f"{plugin.id}.{tool.id}", {})) for tool in plugin.tools]
    return {"id": plugin.id, "name": plugin.name, "version": plugin.version, "tools": tools}


def tool_info(tool: ToolSpec, timings: dict[str, Any]) -> dict[str, Any]:
    """One tool for `GET /plugins`."""
    return {
        "id": tool.id,
        "name": tool.name,
        "description": tool.description,
        "input_types": sorted(tool.input_types),
        "optional_input_types": sorted(tool.optional_input_types),
        "output_types": sorted(tool.output_types),
        "params": params_schema(tool.params),
        "health": selectors.tool_health(tool),
        "timings": timings,
    }


@lru_cache(maxsize=512)
def params_schema(params: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a tool's parameters, made once; not to be changed."""
    return params.model_json_schema()
