"""A server of one's own for a load test: started on a free port, ended afterwards."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    """A server that runs; `pid` where it is known."""

    url: str
    pid: int | None


def serve_command(manage: Path, pipeline_id: str) -> list[str]:
    """How it is started: with the network of this pipeline, and without workers, which would take from it."""
    settings = ["FORGESYTE_WORKERS=0", f"FORGESYTE_PRELOAD={pipeline_id}"]
    # `env` adds to the environment, which only the settings read.
    return ["env", *settings, sys.executable, str(manage), "serve", "--host", "127.0.0.1", "--port", "0"]


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
        yield OwnServer(address, process.pid)
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
    """End the server; one that does not listen is killed."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout
    process.stdout.close()


def end_of(log: Path) -> str:
    """The last lines of the log."""
    return "\n".join(log.read_text().splitlines()[-LOG_LINES:])
