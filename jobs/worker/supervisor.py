"""Worker processes beside the web server: started with it, started anew when they die, ended with it."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from forgesyte.foreign_output import STDERR, STDOUT, own_descriptor
from forgesyte.logs import log_event
from forgesyte.threads import daemon_thread
from jobs import events

logger = logging.getLogger(__name__)

# A worker that dies sooner than this is started anew after a pause, which grows.
STEADY_S = 10.0
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STOP_WITHIN_S = 3.5


@dataclass(frozen=True)
class WorkerCount:
    """The number of workers that should run and that do run; `reason` says why one of them is missing."""

    wanted: int = 0
    running: int = 0
    reason: str = ""


def worker_command() -> list[str]:
    """The command that starts a worker, which ends by itself once this process is gone."""
    manage = str(settings.BASE_DIR / "manage.py")
    return [sys.executable, manage, "run_worker", "--parent", str(os.getpid())]


class WorkerSupervisor:
    """Keeps so many workers running between `start` and `stop`; each may be called once, by any thread.

    Whatever keeps one from being started, it is tried again for as long as the server runs.
    """

    def __init__(self, count: int | None = None, command: Sequence[str] | None = None) -> None:
        self._count = settings.JOBS.workers if count is None else count
        self._command = list(command or worker_command())
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._failing: dict[int, str] = {}

    def start(self) -> None:
        """Start the workers and return at once."""
        global _supervisor
        _supervisor = self
        for number in range(self._count):
            daemon_thread("supervisor", self._keep_one, number).start()

    def stop(self) -> None:
        """End them; whoever takes too long to give back what it has is killed."""
        self._stopping.set()
        deadline = time.monotonic() + STOP_WITHIN_S
        with self._lock:
            running = list(self._running)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                process.kill()

    def worker_count(self) -> WorkerCount:
        """The number of workers wanted and running; one that died early counts only once it has lasted."""
        with self._lock:
            reasons = list(self._failing.values())
        return WorkerCount(self._count, self._count - len(reasons), reasons[0] if reasons else "")

    def _keep_one(self, number: int) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            reason, code = self._run_one(number)
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - started > STEADY_S else failures + 1
            if failures:
                self._note(number, reason)
            pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            log_event(
                logger,
                logging.WARNING,
                events.WORKER_RESTARTED,
                exit_code=code,
                detail=reason,
                pause_s=pause_s,
            )
            self._stopping.wait(pause_s)

    def _run_one(self, number: int) -> tuple[str, int | None]:
        """Run a worker to its end; returns why it ended, and its exit code where it was started at all."""
        try:
            process = self._spawn()
        # No descriptor, no memory or no process is left; that may change.
        except OSError as error:
            return f"it cannot be started: {error.strerror}", None
        if process is None:
            return "", None
        try:
            code = process.wait(STEADY_S)
        except subprocess.TimeoutExpired:
            self._note(number, "")
            code = process.wait()
        with self._lock:
            self._running.discard(process)
        return f"it ended with code {code}", code

    def _note(self, number: int, reason: str) -> None:
        """Remember why there is no worker of this number; an empty reason says that there is one."""
        with self._lock:
            self._failing.pop(number, None)
            if reason:
                self._failing[number] = reason

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        """A new worker; None where no more are wanted. Raises OSError."""
        with self._lock:
            if self._stopping.is_set():
                return None
            # It makes log lines of its own output itself, and may outlive this process for a moment.
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=own_descriptor(STDOUT),
                stderr=own_descriptor(STDERR),
            )
            self._running.add(process)
            return process


_supervisor: WorkerSupervisor | None = None


def worker_count() -> WorkerCount:
    """The workers that this process looks after; nobody where it looks after none."""
    return _supervisor.worker_count() if _supervisor else WorkerCount()


def readiness() -> dict[str, str]:
    """For `/ready`: whether there is a worker, where this process is to see to it that there is."""
    now = worker_count()
    if not now.wanted:
        return {}
    return {"workers": "ok" if now.running else f"none is running: {now.reason}"}
