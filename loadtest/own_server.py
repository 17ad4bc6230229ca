"""A server of one's own for a load test: started on a free port, ended afterwards."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_WITHIN_S = 120.0
STOP_WITHIN_S = 15.0
LOG_LINES = 12


class ServerFailed(Exception):
    """The server did not start; `detail` has the end of its log."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class OwnServer:
    """A server that runs; its process and its log where they are known."""

    url: str
    pid: int | None = None
    log: Path | None = None


def serve_command(manage: Path, pipeline_id: str) -> list[str]:
    """The command that starts it: this pipeline loaded, and without workers, which would take from it."""
    settings = {"FORGESYTE_WORKERS": "0", "FORGESYTE_PRELOAD": pipeline_id}
    return manage_command(manage, settings, "serve", "--host", "127.0.0.1", "--port", "0")


def soak_command(manage: Path, pipeline_id: str, data_dir: Path, weights_dir: Path) -> list[str]:
    """The command that starts it for a soak: with a worker, in a data folder that is prepared.

    It takes neither the operator's database nor the operator's Redis. Raises ServerFailed.
    """
    settings = {"FORGESYTE_DATA_DIR": str(data_dir), "FORGESYTE_WEIGHTS_DIR": str(weights_dir)}
    settings |= {"DATABASE_URL": "", "REDIS_URL": ""}
    for arguments in (["migrate", "--verbosity", "0"], ["restore_pipelines", "--if-empty"]):
        command = manage_command(manage, settings, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_WITHIN_S)
        if done.returncode:
            raise ServerFailed(f"The data folder for the soak cannot be made:\n{done.stderr}")
    settings |= {"FORGESYTE_WORKERS": "1", "FORGESYTE_PRELOAD": pipeline_id}
    return manage_command(manage, settings, "serve", "--host", "127.0.0.1", "--port", "0")


def manage_command(manage: Path, settings: Mapping[str, str], *arguments: str) -> list[str]:
    """A management command under these settings."""
    # `env` adds to the environment, which only the settings read.
    assigned = [f"{name}={value}" for name, value in settings.items()]
    return ["env", *assigned, sys.executable, str(manage), *arguments]


@contextmanager
def own_server(command: list[str], log: Path) -> Iterator[OwnServer]:
    """Run the server for the body; its log goes into the file. Raises ServerFailed."""
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    too_late = threading.Timer(START_WITHIN_S, process.kill)
    too_late.start()
    try:
        address = address_printed(process)
        too_late.cancel()
        if address is None:
            raise ServerFailed(f"The server did not start:\n{end_of(log)}")
        yield OwnServer(address, process.pid, log)
    finally:
        too_late.cancel()
        stop(process)


def address_printed(process: "subprocess.Popen[str]") -> str | None:
    """The address that the server prints once it answers; None when it ends before."""
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"ready at (https?://\S+)", line):
            return found[1]
    return None


def stop(process: "subprocess.Popen[str]") -> None:
    """End the server, and its log with it."""
    end(process)
    assert process.stdout
    process.stdout.close()


def end(process: "subprocess.Popen[Any]") -> None:
    """Terminate a process, and kill it where that does not help."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_of(log: Path) -> str:
    """The last lines of the log."""
    return "\n".join(log.read_text().splitlines()[-LOG_LINES:])
