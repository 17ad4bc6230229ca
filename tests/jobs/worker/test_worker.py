"""Worker processes: they fetch, they sweep, they give back what they have, and they end with their server."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forgesyte.env import BadSetting
from jobs import storage
from jobs.checks import check_folders
from jobs.conf import JobSettings
from jobs.models import Job
from jobs.worker import cleaning, leases, sweeper
from jobs.worker import supervisor as supervisor_module
from jobs.worker import worker as worker_module
from jobs.worker.supervisor import WorkerCount, WorkerSupervisor
from jobs.worker.worker import Worker
from jobs.worker.worker_process import this_process
from tests.jobs.plant import Plant
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop, abandon
from tests.pipelines.clips import write_clip

PATIENCE_S = 60.0
NOT_STARTED = WorkerCount(1, 0, "it cannot be started: Too many open files")
EXITS = [sys.executable, "-c", "pass"]
STAYS = [sys.executable, "-c", "import time; time.sleep(600)"]
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


def wait_until(is_so: Callable[[], Any], what: str = "") -> Any:
    """Wait until this is so, and return what it says; the processes waited for send no events."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := is_so()):
        assert time.monotonic() < deadline, what or "it took too long"
        time.sleep(0.05)
    return found


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """An installation with an empty database."""
    plant = Plant(tmp_path / "data", JOBS_SWEEP_S="0.3", JOBS_NICE="0")
    plant.manage("migrate", "--verbosity", "0")
    return plant


@pytest.fixture
def worker(plant: Plant) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process."""
    process = plant.start("run_worker")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def order(folder: Path, count: int = 40, **params: Any) -> dict[str, Any]:
    clip = folder / f"clip{count}.mp4"
    if not clip.exists():
        write_clip(clip, (n % 20 for n in range(count)))
    return {"path": str(clip), "frames": count, "definition": definition(**params)}


def events(plant: Plant, name: str) -> list[dict[str, Any]]:
    return [event for event in plant.events() if event["event"] == name]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux chooses what to kill")
def test_the_kernel_kills_it_before_the_web_server(plant: Plant, worker: subprocess.Popen[bytes]) -> None:
    score = Path(f"/proc/{worker.pid}/oom_score_adj")
    own = int(Path("/proc/self/oom_score_adj").read_text())
    wait_until(lambda: events(plant, "worker_started"))

    assert int(score.read_text()) == min(own + 500, 1000)


@pytest.mark.model
def test_a_worker_told_to_stop_gives_its_job_back_at_once(
    plant: Plant, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    [job_id] = plant.submit(order(tmp_path, run_s=0.2))
    wait_until(lambda: events(plant, "job_started"))
    worker.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert worker.wait(PATIENCE_S) == 0
    assert time.monotonic() - started < PATIENCE_S / 2
    job = plant.report()[job_id]
    assert (job["status"], job["strikes"], job["lease_losses"]) == ("pending", 0, 0)
    assert events(plant, "job_given_back")
    assert not list((plant.data_dir / "workers").iterdir())


@pytest.mark.model
def test_a_worker_stuck_in_a_frame_gives_its_job_back_all_the_same(
    plant: Plant, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    [job_id] = plant.submit(order(tmp_path, run_s=500.0))
    wait_until(lambda: events(plant, "job_started"))
    worker.send_signal(signal.SIGINT)
    assert worker.wait(PATIENCE_S) == 0
    assert plant.report()[job_id]["status"] == "pending"


@pytest.mark.model
def test_two_workers_share_a_batch(plant: Plant, tmp_path: Path) -> None:
    ids = plant.submit(*[order(tmp_path, run_s=0.01) for _ in range(6)])
    workers = [plant.start("run_worker") for _ in range(2)]
    with plant.watching() as watch:
        try:
            watch.until_done(PATIENCE_S * 2)
        finally:
            for process in workers:
                process.terminate()
                process.wait(PATIENCE_S)
    report = plant.report()
    for job_id in ids:
        job = report[job_id]
        assert (job["status"], job["attempt"]) == ("completed", 1)
        assert [line["frame_index"] for line in job["lines"]] == list(range(1, 41))
    assert len(events(plant, "job_started")) == len(ids)


@pytest.mark.model
def test_a_frame_that_kills_every_worker_fails_and_the_next_job_works(plant: Plant, tmp_path: Path) -> None:
    deadly, harmless = plant.submit(order(tmp_path, kills=[5]), order(tmp_path))
    server = plant.start("serve", "--port", "0")
    with plant.watching() as watch:
        try:
            watch.until_done(PATIENCE_S * 3)
        finally:
            server.terminate()
            server.wait(PATIENCE_S)
    report = plant.report()
    assert (report[deadly]["status"], report[deadly]["error_code"]) == ("failed", "worker_died")
    assert report[deadly]["error_message"] == "Its worker died 3 times at frame 5"
    assert report[deadly]["attempt"] == 3
    assert report[harmless]["status"] == "completed"


@pytest.mark.model
def test_a_full_disk_is_told_and_the_next_job_works(plant: Plant, tmp_path: Path) -> None:
    """Results may not grow beyond a limit: to the program that is a full disk; the database may."""
    large, small = plant.submit(order(tmp_path, count=400), order(tmp_path, count=5))
    plant.env |= {"JOBS_CHUNK_FRAMES": "10000", "JOBS_CHUNK_S": "60"}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        cwd=Path(worker_module.__file__).parents[2],
        env=plant.env,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0
    report = plant.report()
    assert (report[large]["status"], report[large]["error_code"]) == ("failed", "disk_full")
    assert report[large]["error_message"].startswith("The disk is full.")
    assert report[small]["status"] == "completed"


LIMITED = """
import resource
import django
django.setup()
from jobs import storage
from jobs.worker.worker import Worker
write = storage.write_durably
def limited(path, data):
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, resource.RLIM_INFINITY))
    try:
        write(path, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
storage.write_durably = limited
Worker().drain()
"""


@pytest.mark.model
def test_a_worker_ends_when_its_server_is_gone(plant: Plant) -> None:
    parent = subprocess.Popen(STAYS)
    process = plant.start("run_worker", "--parent", str(parent.pid))
    try:
        assert process.wait(PATIENCE_S) == 0, "we are its parent, and not that one"
    finally:
        parent.kill()
        parent.wait()


@pytest.mark.model
def test_an_idle_worker_has_loaded_no_network(plant: Plant, worker: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: events(plant, "worker_started"))
    assert "torch" not in Path(f"/proc/{worker.pid}/maps").read_text()


# In this process


@pytest.fixture
def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test run keeps its own signals and priority."""
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(os, "nice", lambda by: 0)


@pytest.fixture
def in_thread(no_signals: None) -> Iterator[Callable[[Worker], threading.Thread]]:
    """Runs workers in threads, and ends them."""
    threads: list[threading.Thread] = []

    def start(worker: Worker) -> threading.Thread:
        threads.append(threading.Thread(target=worker.run))
        threads[-1].start()
        return threads[-1]

    yield start
    this_process().stopping.set()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_worker_finds_what_was_submitted(workshop: Workshop, settings: Any, in_thread: Any) -> None:
    settings.JOBS = replace(settings.JOBS, poll_s=0.01, sweep_s=0.05)
    in_thread(Worker())
    job = workshop.submit()
    wait_until(lambda: Job.objects.filter(pk=job.pk, status="completed").exists())
    Job.objects.filter(pk=job.pk).update(status="running", lease_owner="elsewhere/1", chunks_done=3)
    abandon(job)
    wait_until(lambda: Job.objects.filter(pk=job.pk, status="completed", attempt=2).exists())


def test_a_worker_goes_on_with_what_it_had_to_leave(
    workshop: Workshop, settings: Any, in_thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away while the attempt ends, so that its worker, which lives on, cannot say so."""
    settings.JOBS = replace(settings.JOBS, poll_s=0.01, sweep_s=0.05, lease_s=0.5)
    job = workshop.submit()
    checkpoint, away = leases.checkpoint, iter([True])

    def away_once(*given: Any, **more: Any) -> None:
        if next(away, False):
            raise OperationalError("the database is away")
        checkpoint(*given, **more)

    monkeypatch.setattr(leases, "checkpoint", away_once)
    monkeypatch.setattr(sweeper, "SPARED_LEASES", 1e6)
    in_thread(Worker())
    wait_until(lambda: Job.objects.filter(pk=job.pk, status="completed", attempt=2).exists())


def test_a_worker_whose_parent_is_another_ends(workshop: Workshop, in_thread: Any) -> None:
    thread = in_thread(Worker(parent_pid=1 if os.getppid() != 1 else 2))
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_a_worker_survives_a_database_that_is_away(
    workshop: Workshop, settings: Any, in_thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS = replace(settings.JOBS, poll_s=0.01, sweep_s=0.01)
    monkeypatch.setattr(worker_module, "RESTS_S", (0.01,))
    troubles = {"sweep": 0, "fetch": 0}
    sweep, run_all = sweeper.sweep, worker_module.Fetcher.run_all

    def sweep_away(*own: Any) -> Any:
        troubles["sweep"] += 1
        if troubles["sweep"] < 3:
            raise OperationalError("the database is away")
        return sweep(*own)

    def fetch_away(self: Any) -> None:
        troubles["fetch"] += 1
        if troubles["fetch"] < 3:
            raise OperationalError("the database is away")
        run_all(self)

    monkeypatch.setattr(sweeper, "sweep", sweep_away)
    monkeypatch.setattr(worker_module.Fetcher, "run_all", fetch_away)
    in_thread(Worker())
    job = workshop.submit()
    wait_until(lambda: Job.objects.filter(pk=job.pk, status="completed").exists())
    assert min(troubles.values()) >= 3


def test_a_worker_rests_ever_longer_while_trouble_lasts(
    workshop: Workshop,
    settings: Any,
    in_thread: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.JOBS = replace(settings.JOBS, poll_s=0.01, sweep_s=600.0)
    monkeypatch.setattr(worker_module, "RESTS_S", (0.01, 0.02, 0.04))
    looks = 0

    def away_but_once(self: Any) -> None:
        nonlocal looks
        looks += 1
        if looks != 5:
            raise OperationalError("no such table: jobs_job")

    monkeypatch.setattr(worker_module.Fetcher, "run_all", away_but_once)
    in_thread(Worker())
    wait_until(lambda: len(troubles(caplog)) >= 5)
    pauses = [round(fields["pause_s"], 3) for fields in troubles(caplog)]
    assert pauses[:5] == [0.02, 0.03, 0.05, 0.05, 0.02], "and as little as at first once all was well"
    assert troubles(caplog)[0]["detail"] == "no such table: jobs_job"


def troubles(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The fields of each trouble that a worker has logged."""
    return [getattr(record, "fields") for record in caplog.records if record.message == "worker_trouble"]  # noqa: B009


def test_a_worker_deletes_old_files_soon_after_its_start(
    workshop: Workshop, settings: Any, in_thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS = replace(settings.JOBS, sweep_s=0.01)
    swept = threading.Event()
    monkeypatch.setattr(sweeper, "sweep_files", swept.set)
    monkeypatch.setattr(cleaning, "FIRST_AFTER_S", (0.0, 0.0))
    in_thread(Worker())
    assert swept.wait(PATIENCE_S)


def test_with_another_backend_a_worker_only_sweeps(workshop: Workshop, settings: Any, in_thread: Any) -> None:
    settings.JOBS = replace(
        settings.JOBS, sweep_s=0.02, task_backend="django_tasks.backends.dummy.DummyBackend"
    )
    settings.TASKS = {"default": {"BACKEND": settings.JOBS.task_backend}}
    job = workshop.submit()
    Job.objects.filter(pk=job.pk).update(status="running", lease_owner="elsewhere/1")
    abandon(job)
    in_thread(Worker())
    wait_until(lambda: Job.objects.filter(pk=job.pk, status="pending").exists())
    Worker().drain()
    assert Job.objects.get(pk=job.pk).status == "pending"


def test_an_idle_look_is_one_query_and_no_lock(
    workshop: Workshop, django_assert_num_queries: Callable[[int], Any]
) -> None:
    fetcher = worker_module.Fetcher(this_process())
    with django_assert_num_queries(1) as queries:
        fetcher.run_all()
    assert queries.captured_queries[0]["sql"].startswith("SELECT")


NOT_OURS: dict[str, dict[str, Any]] = {
    "it runs": {"status": "RUNNING"},
    "another backend": {"backend_name": "another"},
    "another queue": {"queue_name": "another"},
    "later": {"run_after": timezone.now() + timedelta(days=1)},
}


def test_only_a_delivery_that_is_ready_here_is_worth_a_lock(
    workshop: Workshop, django_assert_num_queries: Callable[[int], Any]
) -> None:
    fetcher = worker_module.Fetcher(this_process())
    for fields in NOT_OURS.values():
        delivered = Job.objects.get(pk=workshop.submit().pk).delivery_id
        assert DBTaskResult.objects.filter(pk=delivered).update(**fields) == 1
    with django_assert_num_queries(1):
        fetcher.run_all()
    ours = workshop.submit()
    fetcher.run_all()
    done = Job.objects.filter(status="completed").values_list("pk", flat=True)
    assert list(done) == [ours.pk]


# Supervision


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


def test_a_worker_is_told_to_end_before_it_is_killed(
    supervisors: Callable[..., WorkerSupervisor], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("jobs.worker.supervisor.STOP_WITHIN_S", 5.0)
    ready, told = tmp_path / "ready", tmp_path / "told"
    supervisor = supervisors([sys.executable, "-S", "-c", LISTENS, str(ready), str(told)])
    wait_until(ready.exists)
    supervisor.stop()
    assert told.exists()


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
    assert (supervisor.worker_count(), supervisor_module.readiness()) == (WorkerCount(), {})


# Commands, settings and checks


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


@pytest.mark.parametrize("path", ["nothing", "no.Such", "django_tasks_db.", ".Backend", "json..Backend"])
def test_a_backend_that_is_not_installed_stops_the_start(path: str) -> None:
    with pytest.raises(BadSetting, match="JOBS_TASK_BACKEND="):
        JobSettings.from_env({"JOBS_TASK_BACKEND": path})
