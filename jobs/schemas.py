"""The one JSON form of a job: for the API, the realtime socket and the pages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from ninja import Schema

from jobs.models import Job


class OfJob(Schema):
    """The fields that all answers about one job share."""

    job_id: UUID

    @staticmethod
    def resolve_job_id(job: Job) -> UUID:
        """The API's name for the row's key."""
        return job.pk


class JobBrief(OfJob):
    """A job in a list. Times in UTC; `progress` in percent; `frames_total` null while nobody knows it.

    The results of the frames before `next_frame` are kept. `owner` names a user.
    """

    status: str
    owner: str
    pipeline_id: str
    pipeline_name: str
    frame_stride: int
    max_frames: int | None
    device_requested: str
    device_used: str
    fallback: bool
    source_name: str
    source_kind: str
    source_bytes: int
    width: int
    height: int
    fps: float | None
    duration_s: float | None
    frames_total: int | None
    frames_done: int
    progress: float
    next_frame: int
    plugin_timings: dict[str, Any]
    tools: dict[str, Any]
    warnings: list[str]
    warnings_count: int
    error_code: str
    error_message: str
    attempt: int
    annotated_status: str
    annotated_progress: float
    annotated_error: str
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime

    @staticmethod
    def resolve_owner(job: Job) -> str:
        """The name of the user; empty for nobody, and where strangers may read it."""
        return job.owner.get_username() if settings.FORGESYTE_REQUIRE_LOGIN and job.owner else ""


class JobOut(JobBrief):
    """A job in full."""

    summary: dict[str, Any]


class JobExtended(OfJob):
    """The devices, times and warnings of a job; `frames` counts those that are done."""

    device_requested: str
    device_used: str
    fallback: bool
    frames: int
    progress: float
    plugin_timings: dict[str, Any]
    warnings: list[str]

    @staticmethod
    def resolve_frames(job: Job) -> int:
        """The API's name for what is done."""
        return job.frames_done


class JobPageOut(Schema):
    """Some jobs, the newest first; `next_cursor` asks for the next ones and is null on the last page."""

    jobs: list[JobBrief]
    next_cursor: str | None


class Submitted(Schema):
    """The job that was made of an upload."""

    job_id: UUID


class JobStatus(OfJob):
    """The state and progress of a job."""

    status: str
    progress: float
    frames_done: int
    frames_total: int | None
    error_code: str
    error_message: str


class AnnotatedState(OfJob):
    """The annotated video: `none`, `pending`, `running`, `ready` or `failed`, and its progress in percent."""

    annotated_status: str
    annotated_progress: float
    annotated_error: str


def job_data(job: Job) -> dict[str, Any]:
    """The whole job as JSON-safe data."""
    return JobOut.from_orm(job).model_dump(mode="json")
