"""A job as the API gives it."""

from typing import Any

from jobs.realtime.messages import JobData

JOB_ID = "6f1c2b7e-5f43-4a3e-9d55-0c1d2e3f4a5b"
OTHER_ID = "0b8f6f0a-2f0d-4b19-8d4e-111111111111"


def job_data(**fields: Any) -> JobData:
    """A running job, except for these fields."""
    return {
        "job_id": JOB_ID,
        "status": "running",
        "progress": 0.0,
        "frames_done": 0,
        "frames_total": 100,
        "next_frame": 1,
        "annotated_status": "none",
        "annotated_progress": 0.0,
        "plugin_timings": {},
        "tools": {},
        "device_requested": "auto",
        "device_used": "",
        "fallback": False,
        "width": 64,
        "height": 48,
        "fps": 25.0,
        "duration_s": 4.0,
        "attempt": 1,
        "started_at": None,
        "warnings": [],
        "warnings_count": 0,
        "error_code": "",
        "error_message": "",
        "summary": {"labels": []},
        "version": 1,
        **fields,
    }
