"""A worker in this process: it fetches, sweeps, deletes old files, and rests while the database is away."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from jobs.models import Job
from jobs.worker import cleaning, leases, sweeper
from jobs.worker import worker as worker_module
from jobs.worker.worker import Worker
from jobs.worker.worker_process import this_process
from tests.jobs.worker.waiting import PATIENCE_S, wait_until
from tests.jobs.workshop import Workshop, abandon

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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_is_nice_and_ends_at_a_signal(
    workshop: Workshop,
    settings: Any,
    in_thread: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    handlers: dict[int, Any] = {}
    nices: list[int] = []
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(os, "nice", nices.append)
    settings.JOBS = replace(settings.JOBS, nice=7)
    with caplog.at_level("INFO"):
        thread = in_thread(Worker())
        wait_until(lambda: "worker_started" in caplog.messages)
        handlers[number](number, None)
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert nices == [7]
    assert caplog.messages[-1] == "worker_stopped"


def test_after_trouble_and_at_the_end_a_worker_keeps_no_connection(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def work() -> None:
        done.append("work")
        if done.count("work") < 2:
            raise OperationalError("the database is away")
        this_process().stopping.set()

    connections = SimpleNamespace(close_all=lambda: done.append("closed"))
    monkeypatch.setattr(worker_module, "connections", connections)
    monkeypatch.setattr(worker_module, "RESTS_S", (0.0,))
    Worker()._repeat(work, 0.0)
    assert done == ["work", "closed", "work", "closed"]


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

    sweeps: list[Any] = []
    monkeypatch.setattr(sweeper, "sweep", lambda *own: sweeps.append(own))
    monkeypatch.setattr(worker_module.Fetcher, "run_all", away_but_once)
    in_thread(Worker())
    wait_until(lambda: len(troubles(caplog)) >= 5)
    pauses = [round(fields["pause_s"], 3) for fields in troubles(caplog)]
    assert pauses[:5] == [0.02, 0.03, 0.05, 0.05, 0.02], "and as little as at first once all was well"
    assert troubles(caplog)[0]["detail"] == "no such table: jobs_job"
    assert len(sweeps) == 1, "the next one is due in ten minutes"


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


def test_a_signal_waits_for_no_lock() -> None:
    worker = Worker()
    thread = threading.Thread(target=worker._on_signal, args=(signal.SIGTERM, None), daemon=True)
    # As where a signal comes while the main thread looks at the event, or is about to set it.
    with worker._process.stopping._cond:  # type: ignore[attr-defined]
        thread.start()
        thread.join(5)
        assert not thread.is_alive()
