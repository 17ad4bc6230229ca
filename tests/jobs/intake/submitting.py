"""Submitting files as a browser does, and what is there afterwards."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs import storage
from jobs.models import Job

SUBMIT = "/video/submit"


def upload_of(path: Path, name: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name or path.name, path.read_bytes())


def post(client: Client, file: Any, **fields: Any) -> Any:
    chosen = {} if "plugin_id" in fields else {"pipeline_id": "look"}
    return client.post(SUBMIT, {"file": file, **chosen, **fields})


def job_of(response: Any) -> Job:
    assert response.status_code == 202, response.content
    return Job.objects.get(pk=response.json()["job_id"])


def nothing_is_left() -> bool:
    folder = storage.data_dir() / storage.UPLOADS
    return not Job.objects.exists() and not (folder.exists() and list(folder.iterdir()))
