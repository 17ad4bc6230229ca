"""Makes a job of a request: the file while it arrives, and what is to be done with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest
from ninja.errors import ValidationError as RequestInvalid
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from forgesyte.api import strict_json
from forgesyte.api.client_address import client_address, limited_owner
from jobs.intake import uploads
from jobs.intake.probe import Limits
from jobs.intake.quotas import Submitter, check_room
from jobs.models import Job
from jobs.services import submit_job
from pipelines.errors import WeightsNotFound
from pipelines.selectors import why_unavailable
from pipelines.services import checked, definition_of

if TYPE_CHECKING:
    from pipelines.graph.definition import PipelineDefinition

MAX_ID = 200
CHOOSE = "choose either a pipeline_id, or a plugin_id and a tool"


def read_params(given: Any) -> Any:
    """The value of the JSON text in a form; raises ValueError with what is wrong with it."""
    return strict_json.loads(given) if isinstance(given, str) else given


class SubmissionOptions(BaseModel):
    """The fields of a form beside the file: a stored pipeline, or one tool; which frames; where to run."""

    pipeline_id: str = Field(default="", max_length=MAX_ID)
    plugin_id: str = Field(default="", max_length=MAX_ID)
    tool: str = Field(default="", max_length=MAX_ID)
    params: Annotated[dict[str, Any], BeforeValidator(read_params)] = Field(default_factory=dict)
    frame_stride: int = Field(default=1, ge=1, le=100_000)
    max_frames: int | None = Field(default=None, ge=1, le=100_000_000)
    device: Literal["auto", "cpu", "cuda", "gpu"] = "auto"

    @model_validator(mode="after")
    def chooses_once(self) -> "SubmissionOptions":
        """Exactly one of the two ways to say what is to be done."""
        if bool(self.pipeline_id) == bool(self.plugin_id) or bool(self.plugin_id) != bool(self.tool):
            raise ValueError(CHOOSE)
        return self


def submit(request: HttpRequest) -> Job:
    """Take the file in and have it worked on; for a thread.

    Raises UploadRefused, PipelineError, and LimitReached where too much waits or is kept.

    Options may stand in the address as well, and then they are checked before the file is taken in.
    """
    if "pipeline_id" in request.GET or "plugin_id" in request.GET:
        definition_for(options_of(request.GET))
    asks = Submitter(request.auth.user, limited_owner(client_address(request)))  # type: ignore[attr-defined]
    # Before the file is taken in; when the job is made it is asked again.
    check_room(asks, uploads.declared_bytes(request, settings.JOBS.max_upload_bytes))
    limits = Limits(settings.JOBS.max_duration_s, settings.JOBS.max_frames, settings.JOBS.max_pixels)
    with uploads.new_folder() as job_id:
        # Its sender takes as long as it likes, and connections of the database are few.
        close_old_connections()
        arrived = uploads.take_in(
            request, job_id, settings.JOBS.max_upload_bytes, settings.JOBS.min_free_bytes
        )
        options = options_of({**request.GET.dict(), **request.POST.dict()})
        definition = definition_for(options)
        close_old_connections()
        source = uploads.settle(arrived, job_id, limits)
        with uploads.disk_errors():
            return submit_job(
                source=source,
                definition=definition.as_dict(),
                frame_stride=options.frame_stride,
                max_frames=options.max_frames,
                device=options.device,
                owner=asks.owner,
                submitted_from=asks.address,
            )


def options_of(fields: Mapping[str, Any]) -> SubmissionOptions:
    """The options in a form or an address, where an empty field is none; raises ninja's ValidationError."""
    given = {name: value for name, value in fields.items() if value != ""}
    try:
        return SubmissionOptions.model_validate(given)
    except ValidationError as error:
        problems = [
            {"loc": ("form", *(problem["loc"] or ("pipeline_id",))), "msg": problem["msg"]}
            for problem in error.errors()
        ]
        raise RequestInvalid(problems) from error


def definition_for(options: SubmissionOptions) -> "PipelineDefinition":
    """The pipeline for each frame; raises PipelineError where it cannot be run now."""
    if options.pipeline_id:
        definition = definition_of(options.pipeline_id)
    else:
        definition = checked(one_node(options.plugin_id, options.tool, options.params), by_request=True)
    if reason := why_unavailable(definition):
        raise WeightsNotFound(reason)
    return definition


def one_node(plugin_id: str, tool_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline of a single tool."""
    return {
        "id": f"{plugin_id}_{tool_id}"[:64],
        "name": f"{plugin_id}.{tool_id}",
        "nodes": [{"id": tool_id, "plugin_id": plugin_id, "tool_id": tool_id, "params": dict(params)}],
        "edges": [],
        "entry_nodes": [tool_id],
        "output_nodes": [tool_id],
    }
