"""The life of a worker process: it fetches deliveries, sweeps, and gives everything back before it ends."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from forgesyte.logs import log_event
from forgesyte.threads import daemon_thread
from jobs import events
from jobs.delivery import has_database_backend
from jobs.worker import job_run, sweeper
from jobs.worker.cleaning import Cleaning
from jobs.worker.worker_process import WorkerProcess, this_process

logger = logging.getLogger(__name__)

# A frame in flight has so long to end; what was done before it is kept in any case.
STOP_WITHIN_S = 2.5
LOOK_FOR_PARENT_S = 0.25
# The longer trouble lasts, the longer the rest after it.
RESTS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Fetcher:
    """Runs deliveries of the database backend one by one; other backends bring workers of their own."""

    def __init__(self, process: WorkerProcess) -> None:
        from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
        from django_tasks_db.management.commands.db_worker import Worker

        self._backend = DEFAULT_TASK_BACKEND_ALIAS
        self._queue = DEFAULT_TASK_QUEUE_NAME
        self._worker = Worker(
            queue_names=[self._queue],
            excluded_queue_names=[],
            interval=0,
            batch=True,
            backend_name=self._backend,
            startup_delay=False,
            max_tasks=None,
            worker_id=process.worker_id,
        )

    def run_all(self) -> None:
        """Run what is ready. The look before costs no lock on the database; taking a delivery does."""
        if self._is_any_ready():
            self._worker.run()

    def stop(self) -> None:
        """Fetch no more."""
        self._worker.running = False

    def _is_any_ready(self) -> bool:
        from django_tasks_db.models import DBTaskResult

        ready = DBTaskResult.objects.ready().filter(backend_name=self._backend, queue_name=self._queue)
        return ready.order_by().exists()


class Worker:
    """One worker process. `run` returns after a signal, or when the process that started it is gone."""

    def __init__(self, *, parent_pid: int | None = None) -> None:
        self._process = this_process()
        self._parent_pid = parent_pid
        self._fetcher = Fetcher(self._process) if has_database_backend() else None
        self._ended = threading.Event()
        self._is_signalled = False

    def run(self) -> None:
        """Work until the end; the calling thread must be the main one, because it hears the signals."""
        os.nice(settings.JOBS.nice)
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        log_event(logger, logging.INFO, events.WORKER_STARTED, worker_id=self._process.worker_id)
        daemon_thread("sweeper", self._sweep).start()
        daemon_thread("fetcher", self._fetch).start()
        while not self._process.stopping.wait(LOOK_FOR_PARENT_S):
            orphaned = self._parent_pid is not None and os.getppid() != self._parent_pid
            if self._is_signalled or orphaned:
                self._process.stopping.set()
        self._stop()

    def drain(self) -> None:
        """Work on all that is there now, in this thread, and return."""
        sweeper.sweep()
        if self._fetcher:
            self._fetcher.run_all()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # No lock here: the main thread, which runs this, may hold the event's at this moment.
        self._is_signalled = True

    def _fetch(self) -> None:
        if self._fetcher:
            self._repeat(self._fetcher.run_all, settings.JOBS.poll_s)
        self._ended.set()

    def _sweep(self) -> None:
        cleaning = Cleaning()

        def sweep_and_clean() -> None:
            sweeper.sweep(self._process.claims(), self._process.worker_id)
            cleaning.clean_if_due()

        self._repeat(sweep_and_clean, settings.JOBS.sweep_s)

    def _repeat(self, work: Callable[[], object], every_s: float) -> None:
        """Do this until the worker is to end, whatever the database does meanwhile."""
        troubles = 0
        while not self._process.stopping.is_set():
            pause_s = every_s
            try:
                close_old_connections()
                work()
                troubles = 0
            except (DatabaseError, InterfaceError, OSError) as error:
                pause_s += RESTS_S[min(troubles, len(RESTS_S) - 1)]
                troubles += 1
                note_trouble(error, pause_s=pause_s)
                connections.close_all()
            self._process.stopping.wait(pause_s)
        connections.close_all()

    def _stop(self) -> None:
        """Stop fetching, wait STOP_WITHIN_S for the work to end, and give back what is left."""
        if self._fetcher:
            self._fetcher.stop()
            self._ended.wait(STOP_WITHIN_S)
        give_back_all(self._process)
        self._process.leave()
        log_event(logger, logging.INFO, events.WORKER_STOPPED, worker_id=self._process.worker_id)


def give_back_all(process: WorkerProcess) -> None:
    """Give back all claims of this process; where the database fails, their leases run out."""
    for claim in process.claims():
        try:
            job_run.give_back(claim)
        except (DatabaseError, InterfaceError) as error:
            note_trouble(error)


def note_trouble(error: Exception, **fields: Any) -> None:
    """Say that the database does not do what it should."""
    log_event(logger, logging.ERROR, events.WORKER_TROUBLE, detail=str(error), **fields)
