"""Worker processes beside the web server: started with it, started anew when they die, ended with it."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from django.conf import settings

from forgesyte.logs import log_event
from jobs import events

logger = logging.getLogger(__name__)

# A worker that dies sooner than this is started anew after a pause, which grows.
STEADY_S = 10.0
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STOP_WITHIN_S = 3.5


def worker_command() -> list[str]:
    """How a worker is started; it ends by itself when this process is gone, however that ended."""
    manage = str(settings.BASE_DIR / "manage.py")
    return [sys.executable, manage, "run_worker", "--parent", str(os.getpid())]


class WorkerSupervisor:
    """Keeps so many workers running between `start` and `stop`; each may be called once, by any thread."""

    def __init__(self, count: int | None = None, command: Sequence[str] | None = None) -> None:
        self._count = settings.JOBS.workers if count is None else count
        self._command = list(command or worker_command())
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def start(self) -> None:
        """Start the workers and return at once."""
        for _ in range(self._count):
            threading.Thread(target=self._keep_one, name="worker-keeper", daemon=True).start()

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

    def _keep_one(self) -> None:
        failures = 0
        while (process := self._spawn()) is not None:
            started = time.monotonic()
            code = process.wait()
            with self._lock:
                self._running.discard(process)
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - started > STEADY_S else failures + 1
            pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            log_event(logger, logging.WARNING, events.WORKER_RESTARTED, exit_code=code, pause_s=pause_s)
            self._stopping.wait(pause_s)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        """A new worker; None where no more are wanted."""
        with self._lock:
            if self._stopping.is_set():
                return None
            process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
            self._running.add(process)
            return process
