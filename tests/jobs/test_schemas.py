"""The one JSON form of a job."""

import json
from typing import Any

import pytest

from jobs.models import Job
from jobs.schemas import JobBrief, JobExtended, job_data

PRIVATE = {
    "id",
    "definition",
    "source_file",
    "submitted_from",
    "result_bytes",
    "annotated_bytes",
    "strikes",
    "suspect_frame",
    "losses",
    "lease_losses",
    "lease_owner",
    "lease_expires_at",
    "heartbeat_at",
    "chunks_done",
    "delivery_id",
    "delivered_at",
}


def test_every_field_of_a_job_is_told_or_private() -> None:
    told = {field.name for field in Job._meta.concrete_fields} - PRIVATE | {"job_id"}

    assert set(job_data(Job(pipeline_id="boxes", **moments()))) == told


def test_the_data_is_safe_for_json() -> None:
    job = Job(pipeline_id="boxes", source_name="a.mp4", **moments())

    data = json.loads(json.dumps(job_data(job)))

    assert data["job_id"] == str(job.pk)
    assert data["source_name"] == "a.mp4"


def test_a_list_leaves_the_summary_out() -> None:
    job = Job(summary={"labels": {}}, **moments())

    assert "summary" not in JobBrief.from_orm(job).model_dump()


@pytest.mark.parametrize("frames", [0, 7])
def test_extended_counts_the_frames_that_are_done(frames: int) -> None:
    data = JobExtended.from_orm(Job(frames_done=frames, **moments())).model_dump()

    assert data["frames"] == frames
    assert set(data) == {
        *("job_id", "device_requested", "device_used", "fallback", "frames"),
        *("progress", "plugin_timings", "warnings"),
    }


def moments() -> dict[str, Any]:
    """The fields that the database sets."""
    return dict.fromkeys(("created_at", "updated_at"), "2026-01-02T03:04:05Z")
