"""The HTTP answers to errors of the vision core."""

from django.http import HttpRequest, HttpResponse

from forgesyte.api.errors import error_response, register_error
from pipelines.engine.scheduling.slot import EngineClosed
from pipelines.errors import InvalidDefinition, InvalidImage, PipelineError, UnknownPipeline, WeightsNotFound
from pipelines.media.uploads import UploadRefused

# The first that fits is taken.
STATUSES: tuple[tuple[type[PipelineError], int], ...] = (
    (UnknownPipeline, 404),
    (InvalidDefinition, 422),
    (InvalidImage, 422),
    (WeightsNotFound, 503),
    (EngineClosed, 503),
    (PipelineError, 500),
)


def register() -> None:
    """Give the HTTP API its answers."""
    register_error(PipelineError, pipeline_error)
    register_error(UploadRefused, upload_refused)


def pipeline_error(request: HttpRequest, error: PipelineError) -> HttpResponse:
    """Answer with the error's own code and sentence."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    return error_response(status, "unavailable" if status == 503 else error.code, error.detail)


def upload_refused(request: HttpRequest, error: UploadRefused) -> HttpResponse:
    """Answer with what the refusal itself says."""
    return error_response(error.status, error.code, error.detail)
