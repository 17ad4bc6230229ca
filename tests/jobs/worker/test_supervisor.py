"""The supervisor keeps workers running beside the web server, and says so where there are none."""

import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.test import Client

from jobs.worker import supervisor as supervisor_module
from jobs.worker.supervisor import WorkerCount, WorkerSupervisor
from tests.jobs.worker.waiting import STAYS, wait_until
from tests.jobs.workshop import Workshop

NOT_STARTED = WorkerCount(1, 0, "it cannot be started: Too many open files")
EXITS = [sys.executable, "-c", "pass"]
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
LISTENS = """
import os, signal, sys, time
def end(*_):
    open(sys.argv[2], "x").close()
    os._exit(0)
signal.signal(signal.SIGTERM, end)
open(sys.argv[1], "x").close()
time.sleep(600)
"""
STAYS_ON = [sys.executable, "-c", IGNORES]


@pytest.fixture
def supervisors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WorkerSupervisor]]:
    """Makes supervisors of these commands, and stops them."""
    monkeypatch.setattr(supervisor_module, "_supervisor", None)
    made: list[WorkerSupervisor] = []

    def make(command: list[str], count: int = 1) -> WorkerSupervisor:
        made.append(WorkerSupervisor(count, command))
        made[-1].start()
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def test_workers_are_started_anew_and_ended(
    supervisors: Callable[..., WorkerSupervisor], caplog: pytest.LogCaptureFixture
) -> None:
    others = set(children())
    supervisor = supervisors(STAYS, count=2)
    first = wait_until(lambda: (found := set(children()) - others) and len(found) == 2 and found)
    victim = first.pop()
    victim.kill()
    wait_until(lambda: len(set(children()) - others - {victim}) == 2)
    assert [record.message for record in caplog.records] == ["worker_restarted"]
    supervisor.stop()
    wait_until(lambda: not set(children()) - others)


def test_workers_that_die_at_once_are_started_ever_more_slowly(
    supervisors: Callable[..., WorkerSupervisor],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.worker.supervisor.PAUSES_S", (0.0, 0.01, 0.02, 0.03))
    supervisors(EXITS)
    wait_until(lambda: len(caplog.records) >= 4)
    pauses = [getattr(record, "fields")["pause_s"] for record in caplog.records[:4]]  # noqa: B009
    assert pauses == [0.01, 0.02, 0.03, 0.03]


def test_a_worker_that_cannot_be_started_is_tried_until_it_can(
    supervisors: Callable[..., WorkerSupervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process without a free descriptor starts nothing; once there are some, a worker comes by itself."""
    monkeypatch.setattr("jobs.worker.supervisor.PAUSES_S", (0.0, 0.01))
    monkeypatch.setattr("jobs.worker.supervisor.STEADY_S", 0.1)
    others = set(children())
    with no_descriptors():
        supervisor = supervisors(STAYS)
        wait_until(lambda: supervisor.worker_count() == NOT_STARTED)
        assert supervisor_module.readiness() == {"workers": f"none is running: {NOT_STARTED.reason}"}
    wait_until(lambda: supervisor.worker_count() == WorkerCount(1, 1))
    assert len(set(children()) - others) == 1
    assert supervisor_module.readiness() == {"workers": "ok"}


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process may open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_worker_that_dies_at_once_counts_once_it_lasts(
    supervisors: Callable[..., WorkerSupervisor], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("jobs.worker.supervisor.PAUSES_S", (0.0, 0.01))
    monkeypatch.setattr("jobs.worker.supervisor.STEADY_S", 0.5)
    allowed = tmp_path / "allowed"
    script = f"import os, time; time.sleep(600) if os.path.exists({str(allowed)!r}) else os._exit(3)"
    supervisor = supervisors([sys.executable, "-S", "-c", script])
    wait_until(lambda: supervisor.worker_count() == WorkerCount(1, 0, "it ended with code 3"))
    allowed.touch()
    wait_until(lambda: supervisor.worker_count() == WorkerCount(1, 1))


def test_ready_and_metrics_tell_that_there_is_no_worker(
    supervisors: Callable[..., WorkerSupervisor], workshop: Workshop, client: Client
) -> None:
    supervisor = supervisors(["/no/such/program"])
    wait_until(lambda: not supervisor.worker_count().running)
    ready = client.get("/ready")
    assert ready.status_code == 503
    reason = "none is running: it cannot be started: No such file or directory"
    assert ready.json()["checks"]["workers"] == reason
    said = client.get("/metrics").content.decode()
    assert "\njobs_workers 0.0\n" in said
    assert "\njobs_workers_missing 1.0\n" in said


def test_a_worker_that_does_not_end_is_killed(
    supervisors: Callable[..., WorkerSupervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.supervisor.STOP_WITHIN_S", 0.2)
    others = set(children())
    supervisor = supervisors(STAYS_ON)
    [stubborn] = wait_until(lambda: set(children()) - others)
    # It ignores the signal only once it has said so.
    wait_until(lambda: signal.SIGTERM in ignored(stubborn.pid))
    supervisor.stop()
    wait_until(lambda: not set(children()) - others)


def ignored(pid: int) -> set[int]:
    """The signals that a process ignores."""
    mask = int(Path(f"/proc/{pid}/status").read_text().split("SigIgn:")[1].split()[0], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def test_no_workers_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "_supervisor", None)
    others = set(children())
    supervisor = WorkerSupervisor(0)
    supervisor.start()
    supervisor.stop()
    assert set(children()) == others
    assert supervisor.worker_count() == supervisor_module.worker_count() == WorkerCount(0, 0, "")
    assert supervisor_module.readiness() == {}


def test_a_worker_is_told_to_end_before_it_is_killed(
    supervisors: Callable[..., WorkerSupervisor], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("jobs.worker.supervisor.STOP_WITHIN_S", 5.0)
    ready, told = tmp_path / "ready", tmp_path / "told"
    supervisor = supervisors([sys.executable, "-S", "-c", LISTENS, str(ready), str(told)])
    wait_until(ready.exists)
    supervisor.stop()
    assert told.exists()
