"""Servers and clients as processes of their own: started, waited for, watched and stopped."""

import os
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from loadtest.own_server import end

ROOT = Path(__file__).resolve().parents[1]
PEERS_PYTHON = ROOT / "bench" / ".venv" / "bin" / "python"
READY_WITHIN_S = 120.0
# Nobody asks the network for anything, and nobody's own settings leak in.
QUIET = {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_OFFLINE": "true",
    "YOLO_VERBOSE": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
}
OWN_SETTINGS = ("FORGESYTE_", "STREAM_", "JOBS_")


class BenchError(Exception):
    """A contestant cannot be measured; the text says why."""


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a child process: this process's without ForgeSyte's settings, and `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)}
    return {**kept, **QUIET, "YOLO_CONFIG_DIR": str(folder), **settings}


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """CPU time that a process and its living children have spent."""
    spent = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                times = process.cpu_times()
                spent += times.user + times.system
    return spent


@dataclass
class Server:
    """A server that answers 200 at `path` when it is ready; what it prints goes into `log`."""

    command: Sequence[str]
    port: int
    env: Mapping[str, str]
    log: Path
    path: str = "/health"
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """The address at which it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None, "started"
        return self._process.pid

    def start(self) -> None:
        """Begin; returns at once."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command, cwd=ROOT, env=dict(self.env), stdout=log, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Wait until it is ready; raises BenchError with the end of what it printed."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            if answers_200(self.url + self.path):
                return
            time.sleep(0.1)
        raise BenchError(f"The server did not start: {last_line(self.log)}")

    def stop(self) -> None:
        """End it, kindly at first."""
        if self._process is not None:
            end(self._process)
            self._process = None


def answers_200(url: str) -> bool:
    """True if this address answers 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def last_line(log: Path) -> str:
    """The last line that a process wrote."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
    return lines[-1] if lines else "it said nothing"


@dataclass(frozen=True)
class Watched:
    """The output of a client, and the CPU time of both sides in seconds while it measured."""

    output: str
    server_cpu_s: float
    client_cpu_s: float


def run_watched(command: Sequence[str], server_pid: int, env: Mapping[str, str], within_s: float) -> Watched:
    """Run a client that says `measuring` and `measured` on standard error; BenchError where it fails."""
    marks: dict[str, tuple[float, float]] = {}
    said = ["nothing"]
    # What it prints may be more than a pipe holds while nobody reads it.
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(env), stdout=printed, stderr=subprocess.PIPE, text=True
        )
        with process, terminated_after(process, within_s):
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line.strip())
                marks[said[-1]] = (cpu_seconds(server_pid), cpu_seconds(process.pid))
        printed.seek(0)
        output = printed.read()
    if process.returncode or "measured" not in marks:
        raise BenchError(f"The client ended with {process.returncode}; it said: {said[-1]}")
    before, after = marks["measuring"], marks["measured"]
    return Watched(output, after[0] - before[0], after[1] - before[1])


@contextmanager
def terminated_after(process: subprocess.Popen[str], seconds: float) -> Iterator[None]:
    """End a process that takes longer."""
    timer = threading.Timer(seconds, process.terminate)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
