"""Commands, settings and checks of the workers."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from forgesyte.env import BadSetting
from jobs import storage
from jobs.checks import check_folders
from jobs.conf import JobSettings
from jobs.delivery import check_backend
from jobs.models import Job
from tests.demo_runner import ROOT
from tests.jobs.workshop import Workshop


def test_run_worker_once(workshop: Workshop) -> None:
    job = workshop.submit()
    call_command("run_worker", once=True)
    assert Job.objects.get(pk=job.pk).status == "completed"


def test_sweep_jobs_says_what_it_did(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sweep_jobs")
    assert "0 taken from dead workers, 0 delivered again" in capsys.readouterr().out


def test_prune_jobs(workshop: Workshop, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="--days"):
        call_command("prune_jobs")
    workshop.work(workshop.submit())
    Job.objects.update(finished_at=timezone.now() - timedelta(days=3))
    call_command("prune_jobs", days=5)
    call_command("prune_jobs", days=2)
    assert capsys.readouterr().out.splitlines()[-2:] == ["0 jobs deleted", "1 job deleted"]
    settings.JOBS = replace(settings.JOBS, keep_s=86400.0)
    call_command("prune_jobs")
    call_command("prune_jobs", unknown=True)
    assert "Files of 0 unknown jobs deleted" in capsys.readouterr().out


def test_settings() -> None:
    assert JobSettings.from_env({}) == JobSettings()
    read = JobSettings.from_env(
        {"JOBS_KEEP_DAYS": "2", "JOBS_MAX_UPLOAD_MB": "1.5", "JOBS_MAX_VIDEO_HOURS": "0"}
    )
    assert (read.keep_s, read.max_upload_bytes, read.max_duration_s) == (172_800, 1_572_864, 0)


def test_a_folder_that_cannot_be_written_is_warned_of(workshop: Workshop) -> None:
    assert check_folders(None) == []
    storage.data_dir().mkdir(parents=True, exist_ok=True)
    (storage.data_dir() / storage.RESULTS).write_text("in the way")
    [warning] = check_folders(None)
    assert warning.id == "jobs.W001"


NO_BACKENDS = pytest.mark.parametrize(
    ("path", "says"),
    [
        ("django_tasks_db.Nothing", "cannot be imported"),
        ("json.JSONDecoder", "is no backend of Django's Tasks interface"),
        ("os.sep", "is no backend of Django's Tasks interface"),
        ("django_tasks.backends.base.BaseTaskBackend", "is no backend of Django's Tasks interface"),
    ],
)


@NO_BACKENDS
def test_what_is_no_backend_is_refused(settings: Any, path: str, says: str) -> None:
    settings.JOBS = replace(settings.JOBS, task_backend=path)
    with pytest.raises(BadSetting, match=says):
        check_backend()


@NO_BACKENDS
def test_a_class_that_is_no_backend_stops_the_start(tmp_path: Path, path: str, says: str) -> None:
    """Each ended in a traceback."""
    env = os.environ | {"FORGESYTE_DATA_DIR": str(tmp_path), "JOBS_TASK_BACKEND": path}
    env |= {"DJANGO_SETTINGS_MODULE": "forgesyte.settings"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 78
    [line] = done.stderr.splitlines()
    assert line.startswith(f"ForgeSyte cannot start: JOBS_TASK_BACKEND={path!r} {says}")


def test_backends_are_let_through(settings: Any) -> None:
    for path in ("django_tasks_db.DatabaseBackend", "django_tasks.backends.dummy.DummyBackend"):
        settings.JOBS = replace(settings.JOBS, task_backend=path)
        check_backend()


@pytest.mark.parametrize("path", ["nothing", "no.Such", "django_tasks_db.", ".Backend", "json..Backend"])
def test_a_backend_that_is_not_installed_stops_the_start(path: str) -> None:
    with pytest.raises(BadSetting, match="JOBS_TASK_BACKEND="):
        JobSettings.from_env({"JOBS_TASK_BACKEND": path})
