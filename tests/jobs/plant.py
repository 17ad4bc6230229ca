"""Servers and workers as processes of their own, over one data folder and one database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.demo_runner import ROOT

PLUGINS = ROOT / "tests" / "plugins"
OURS = ("FORGESYTE_", "JOBS_", "STREAM_", "DATABASE_URL", "REDIS_URL")
PATIENCE_S = 120.0
SUBMIT = """
import json, sys, django
django.setup()
from pathlib import Path
from jobs.services import submit_job
from tests.jobs.workshop import stored
for order in json.load(sys.stdin):
    source = stored(Path(order.pop("path")), frames=order.pop("frames"))
    print(submit_job(source=source, **order).pk)
"""
REPORT = """
import json, sys, django
django.setup()
from jobs.models import Job
from tests.jobs.workshop import lines_of
fields = ("status", "attempt", "strikes", "lease_losses", "error_code", "error_message", "frames_done")
fields += ("annotated_status",)
for job in Job.objects.all():
    facts = {name: getattr(job, name) for name in fields}
    print(json.dumps({"id": str(job.pk), "lines": lines_of(job), **facts}))
"""
STATES = """
import json, sys, django
django.setup()
from django.db import connection
from django.db.models import Sum
from jobs.models import Job, ResultChunk
from jobs.selectors import counts_by_status
for line in sys.stdin:
    more = {**Job.objects.aggregate(attempts=Sum("attempt")), "chunks": ResultChunk.objects.count()}
    print(json.dumps({**counts_by_status(), **more}), flush=True)
    connection.close()
"""


class Plant:
    """One installation; `settings` are environment variables."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        data_dir.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.env = kept | {
            "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
            "FORGESYTE_DATA_DIR": str(data_dir),
            "FORGESYTE_PRELOAD": "none",
            "PYTHONPATH": f"{PLUGINS}:{ROOT}",
            "YOLO_CONFIG_DIR": str(data_dir / "cache"),
            **settings,
        }
        self.log = data_dir / "log"

    def manage(self, *arguments: str, timeout_s: float = PATIENCE_S) -> str:
        """Run one management command to its end; returns what it says."""
        return self._run("manage.py", *arguments, timeout_s=timeout_s)

    def submit(self, *orders: dict[str, Any]) -> list[str]:
        """Submit jobs: `path`, `frames`, and what `submit_job` takes; returns their ids."""
        return self._run("-c", SUBMIT, said=json.dumps(orders)).split()

    def report(self) -> dict[str, dict[str, Any]]:
        """Every job with its lines, by its id."""
        jobs = [json.loads(line) for line in self._run("-c", REPORT).splitlines()]
        return {job["id"]: job for job in jobs}

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a management command in the background; the caller ends it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    def die(self, *command: str) -> None:
        """Run a program of Python that kills itself."""
        done = subprocess.run(
            [sys.executable, "-c", *command],
            cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL, done.stderr

    @contextmanager
    def watching(self) -> Iterator["Watch"]:
        """A process that tells the states of the jobs whenever it is asked."""
        with subprocess.Popen(
            [sys.executable, "-c", STATES],
            cwd=ROOT, env=self.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                yield Watch(process)
            finally:
                process.kill()

    def events(self) -> list[dict[str, Any]]:
        """The events that were logged, in order."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def _run(self, *command: str, said: str = "", timeout_s: float = PATIENCE_S) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT, env=self.env, input=said, capture_output=True, text=True, timeout=timeout_s,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


class Watch:
    """Asks how many jobs are in which state, how many attempts there were, and how many chunks are kept."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def states(self) -> dict[str, int]:
        """Now."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found

    def active(self) -> int:
        """The number of jobs that wait or run."""
        states = self.states()
        return states["pending"] + states["running"]

    def until_done(self, within_s: float) -> None:
        """Wait until none waits or runs."""
        self.until(lambda states: not states["pending"] + states["running"], within_s)

    def until(self, is_so: Callable[[dict[str, int]], bool], within_s: float) -> None:
        """Wait until the states are so."""
        deadline = time.monotonic() + within_s
        while not is_so(states := self.states()):
            assert time.monotonic() < deadline, states
            time.sleep(0.1)


def workers_of(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The worker processes that a server has started and that live."""
    try:
        return [child for child in psutil.Process(server.pid).children() if "run_worker" in child.cmdline()]
    except psutil.Error:
        return []


def kill(processes: Sequence[psutil.Process | subprocess.Popen[bytes]]) -> None:
    """`kill -9` all of them at once; ours are waited for."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    for process in processes:
        if isinstance(process, subprocess.Popen):
            process.wait(PATIENCE_S)


def until_gone(processes: Sequence[psutil.Process], within_s: float) -> None:
    """Wait until none of them lives."""
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    assert not alive
