"""The HTTP face of jobs: submit, watch, take results away, stop, delete."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Annotated, Any, Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status

from accounts.callers import Caller
from forgesyte.api.errors import Error, error_response
from jobs import selectors, services
from jobs.intake.submission import submit
from jobs.models import Job
from jobs.results import exports
from jobs.results.annotated import annotated_file
from jobs.results.downloads import disposition, file_answer, stream
from jobs.schemas import AnnotatedState, JobExtended, JobOut, JobPageOut, JobStatus, Submitted

router = Router(tags=["jobs"])

MAX_PAGE = 200
NO_JOB = "There is no such job"
FIELDS = {
    "file": {"type": "string", "format": "binary"},
    "pipeline_id": {"type": "string"},
    "plugin_id": {"type": "string", "description": "with `tool`, instead of a pipeline"},
    "tool": {"type": "string"},
    "params": {"type": "string", "description": "of the tool, a JSON object"},
    "frame_stride": {"type": "integer", "minimum": 1, "default": 1},
    "max_frames": {"type": "integer", "minimum": 1},
    "device": {"type": "string", "enum": ["auto", "cpu", "cuda", "gpu"], "default": "auto"},
}
FORM = {"schema": {"type": "object", "required": ["file"], "properties": FIELDS}}
SUBMIT_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": FORM}}}
A_FILE = {"responses": {200: {"description": "The file"}, 206: {"description": "A range of it"}}}


@router.post(
    "/video/submit",
    response={202: Submitted, (400, 401, 403, 404, 413, 415, 422, 429, 500, 503, 507): Error},
    openapi_extra=SUBMIT_BODY,
    summary="A video or picture in, a job out",
)
async def video_submit(request: HttpRequest) -> Status[Any]:
    """Take a file in while it arrives, and have every frame of it worked on.

    The options may stand in the address, too; then they are checked before the file is taken in.
    """
    job = await sync_to_async(submit)(request)
    return Status(202, {"job_id": job.pk})


@router.get(
    "/video/status/{uuid:job_id}", response={200: JobStatus, (401, 404): Error}, summary="How far is it?"
)
async def video_status(request: HttpRequest, job_id: UUID) -> JobStatus:
    """State and progress of a job."""
    return JobStatus.from_orm(await found(request, job_id))


@router.get(
    "/video/results/{uuid:job_id}",
    response={(401, 404, 409, 422): Error},
    openapi_extra={"responses": {200: {"description": "The results in the format asked for"}}},
    summary="What was found on each frame",
)
async def video_results(
    request: HttpRequest,
    job_id: UUID,
    format: Literal["json", "jsonl", "csv", "coco"] = "json",
    partial: bool = False,
    first_frame: Annotated[int | None, Query(ge=1)] = None,
    last_frame: Annotated[int | None, Query(ge=1)] = None,
    download: bool = False,
) -> HttpResponseBase:
    """The results of all frames or of these, sent line by line; of a job that runs only with `partial=1`."""
    job = await found(request, job_id)
    if not job.is_finished and not partial:
        return error_response(
            409, "job_not_finished", f"The job is {job.status}: wait, or ask for what is there with partial=1"
        )
    lines = await sync_to_async(lines_of)(job, first_frame, last_frame)
    return results_answer(job, exports.FORMATS[format], lines, download=download)


@router.get("/jobs", response={200: JobPageOut, (401, 422): Error}, summary="Jobs, the newest first")
async def jobs_list(
    request: HttpRequest,
    status: str = "",
    pipeline_id: str = "",
    text: str = "",
    owner: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Any:
    """A page of jobs: of these states, separated by commas; of a pipeline; with a text in the file's name.

    Where a login is required these are one's own; operators see all, and those of an `owner` by his name.
    """
    states = [state.strip() for state in status.split(",") if state.strip()]
    if unknown := set(states) - set(Job.Status.values):
        return error_response(422, "invalid_request", f"status: there is no {', '.join(sorted(unknown))}")
    try:
        page = await sync_to_async(selectors.list_jobs)(
            status=states,
            pipeline_id=pipeline_id,
            text=text,
            owner=owner,
            cursor=cursor,
            limit=limit,
            caller=caller_of(request),
        )
    except selectors.BadCursor as error:
        return error_response(422, "invalid_request", f"cursor: {error}")
    return {"jobs": page.jobs, "next_cursor": page.next_cursor}


@router.get("/jobs/{uuid:job_id}", response={200: JobOut, (401, 404): Error}, summary="One job in full")
async def job_info(request: HttpRequest, job_id: UUID) -> Job:
    """All that is known of a job, with its summary."""
    return await found(request, job_id)


@router.get(
    "/jobs/{uuid:job_id}/extended",
    response={200: JobExtended, (401, 404): Error},
    summary="How a job ran",
)
async def job_extended(request: HttpRequest, job_id: UUID) -> JobExtended:
    """Devices, frames, progress, times and warnings of a job."""
    return JobExtended.from_orm(await found(request, job_id))


@router.post(
    "/jobs/{uuid:job_id}/cancel",
    response={200: JobOut, (401, 403, 404, 409): Error},
    summary="Stop a job",
)
async def job_cancel(request: HttpRequest, job_id: UUID) -> Any:
    """Stop a job that waits or runs; what it has found so far is kept."""
    return await changed(
        request, job_id, services.cancel_job, "Only a job that waits or runs can be cancelled"
    )


@router.post(
    "/jobs/{uuid:job_id}/retry",
    response={200: JobOut, (401, 403, 404, 409, 429): Error},
    summary="Let a job go on",
)
async def job_retry(request: HttpRequest, job_id: UUID) -> Any:
    """Resume a failed or cancelled job where it stopped."""
    return await changed(
        request, job_id, services.retry_job, "Only a failed or cancelled job can be tried again"
    )


@router.delete("/jobs/{uuid:job_id}", response={204: None, (401, 403, 404): Error}, summary="Delete a job")
async def job_delete(request: HttpRequest, job_id: UUID) -> Status[None]:
    """Delete a job with its file and its results; one that runs is stopped."""
    if not await sync_to_async(services.delete_job)(job_id=job_id, caller=caller_of(request)):
        raise Http404(NO_JOB)
    return Status(204, None)


@router.get(
    "/jobs/{uuid:job_id}/video",
    response={(401, 404, 416): Error},
    openapi_extra=A_FILE,
    summary="The file as it was uploaded",
)
async def job_video(request: HttpRequest, job_id: UUID, download: bool = False) -> HttpResponseBase:
    """The source; ranges are served, so that a browser can seek."""
    job = await found(request, job_id)
    return await sync_to_async(file_answer)(request, job.source_path, job.source_name, download=download)


@router.get(
    "/jobs/{uuid:job_id}/annotated",
    response={202: AnnotatedState, (401, 404, 409, 416): Error},
    openapi_extra=A_FILE,
    summary="The video with what was found drawn on it",
)
async def job_annotated(request: HttpRequest, job_id: UUID, download: bool = False) -> Any:
    """The annotated MP4, or JPEG of a picture, once it is made; 202 and how far it is until then."""
    job = await found(request, job_id)
    if job.annotated_status == Job.Annotated.READY:
        path = annotated_file(job)
        name = f"{PurePath(job.source_name).stem} annotated{path.suffix}"
        return await sync_to_async(file_answer)(request, path, name, download=download)
    if job.annotated_status == Job.Annotated.NONE:
        return error_response(404, "not_made", "Nobody has asked for it yet: POST to this address")
    if job.annotated_status == Job.Annotated.FAILED:
        return error_response(409, "annotated_failed", job.annotated_error)
    return Status(202, AnnotatedState.from_orm(job))


@router.post(
    "/jobs/{uuid:job_id}/annotated",
    response={(200, 202): AnnotatedState, (401, 403, 404, 409): Error},
    summary="Have the annotated video made",
)
async def job_annotate(request: HttpRequest, job_id: UUID) -> Any:
    """Have it made by a worker: 202, or 200 if it is there already. It can be fetched at the same address."""
    asked = await sync_to_async(services.request_annotated)(job_id=job_id, caller=caller_of(request))
    job = await found(request, job_id)
    if not asked and job.annotated_status in (Job.Annotated.NONE, Job.Annotated.FAILED):
        return error_response(409, "no_results", "It can be made once the job is finished and has results")
    return Status(200 if job.annotated_status == Job.Annotated.READY else 202, AnnotatedState.from_orm(job))


def caller_of(request: HttpRequest) -> Caller:
    """The caller, whom the API has let in."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


async def found(request: HttpRequest, job_id: UUID) -> Job:
    """The caller's job; raises Http404."""
    job = await sync_to_async(selectors.get_job)(job_id, caller_of(request))
    if job is None:
        raise Http404(NO_JOB)
    return job


async def changed(
    request: HttpRequest, job_id: UUID, change: Callable[..., bool], refusal: str
) -> Job | HttpResponse:
    """The job after a change, or 409 where its state does not allow it; raises Http404."""
    done = await sync_to_async(change)(job_id=job_id, caller=caller_of(request))
    job = await found(request, job_id)
    return job if done else error_response(409, "wrong_state", f"{refusal}; this one is {job.status}")


def lines_of(job: Job, first_frame: int | None, last_frame: int | None) -> exports.OpenLines:
    """Opens the lines of these frames, the same each time; of a job that runs those that are there now."""
    if not job.is_finished:
        newest = selectors.last_line(job)
        there = newest["frame_index"] if newest else 0
        last_frame = there if last_frame is None else min(there, last_frame)
    chunks = selectors.chunks_between(job, first_frame, last_frame)
    return partial(selectors.lines_of_chunks, chunks, first_frame, last_frame)


def results_answer(
    job: Job, format: exports.Format, lines: exports.OpenLines, *, download: bool
) -> StreamingHttpResponse:
    """The lines in this format, made while they are sent."""
    source = exports.Source(str(job.pk), job.source_name, job.pipeline_id, job.status, job.width, job.height)
    name = f"{PurePath(job.source_name).stem}.{format.suffix}"
    headers = {"Content-Disposition": disposition(name, download=download), "Cache-Control": "no-store"}
    return StreamingHttpResponse(
        stream(format.write(source, lines)), content_type=format.content_type, headers=headers
    )
