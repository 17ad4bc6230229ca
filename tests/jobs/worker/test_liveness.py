"""The file by which the workers of one host know that another lives, and what the doctor hears of them."""

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from jobs import storage
from jobs.models import Job
from jobs.worker import diagnosis
from jobs.worker.liveness import SUFFIX, Liveness, host_name, is_alive, new_worker_id
from tests.jobs.workshop import Workshop


@pytest.mark.parametrize(
    ("told", "name"),
    [("box", "box"), ("Box-1.lan", "Box_1_lan"), ("a/b c", "a_b_c"), ("x" * 33, "x" * 32), ("", "host")],
)
def test_the_host_is_named_as_a_file_may_be(monkeypatch: pytest.MonkeyPatch, told: str, name: str) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: told)
    assert host_name() == name
    assert new_worker_id().startswith(f"{name}-")


def test_a_worker_that_is_done_leaves_no_file(tmp_path: Path) -> None:
    worker_id = new_worker_id()
    liveness = Liveness(tmp_path, worker_id)
    assert [path.name for path in tmp_path.iterdir()] == [f"{worker_id}{SUFFIX}"]
    assert is_alive(tmp_path, worker_id)
    liveness.end()
    assert list(tmp_path.iterdir()) == []
    assert not is_alive(tmp_path, worker_id)


def test_a_worker_can_end_though_its_file_is_gone(tmp_path: Path) -> None:
    worker_id = new_worker_id()
    liveness = Liveness(tmp_path, worker_id)
    (tmp_path / f"{worker_id}{SUFFIX}").unlink()
    liveness.end()
    assert not is_alive(tmp_path, worker_id)


@pytest.mark.parametrize(("wanted", "state"), [(0, "ok"), (1, "ok"), (2, "doubtful")])
def test_the_doctor_counts_the_workers_that_live(
    workshop: Workshop, settings: Any, wanted: int, state: str
) -> None:
    settings.JOBS = replace(settings.JOBS, workers=wanted)
    folder = storage.data_dir() / storage.WORKERS
    liveness = Liveness(folder, new_worker_id())
    (folder / f"{new_worker_id()}{SUFFIX}").touch()
    said = f"1 on this machine, FORGESYTE_WORKERS={wanted}"
    advice = diagnosis.START if state == "doubtful" else ""
    assert list(diagnosis.workers()) == [("workers", state, said, advice)]
    liveness.end()


@pytest.mark.parametrize(("lives", "state"), [(True, "doubtful"), (False, "wrong")])
def test_the_doctor_is_told_of_jobs_that_wait_in_vain(
    workshop: Workshop, settings: Any, lives: bool, state: str
) -> None:
    settings.JOBS = replace(settings.JOBS, workers=0)
    liveness = Liveness(storage.data_dir() / storage.WORKERS, new_worker_id())
    if not lives:
        liveness.end()
    for minutes in (4, 6, 7):
        created_at = timezone.now() - timedelta(minutes=minutes)
        Job.objects.filter(pk=workshop.submit().pk).update(created_at=created_at)
    _, waiting = diagnosis.workers()
    advice = "" if lives else diagnosis.START
    assert waiting == ("jobs", state, "2 wait for more than five minutes", advice)
    liveness.end()
