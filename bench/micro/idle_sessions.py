"""Measures the cost of open sessions that send nothing, and what is left when they are gone.

    python -m bench.micro.idle_sessions --sessions 1000 --seconds 30

It starts `manage.py serve` on a data folder of its own. `ulimit -n` must allow more files than sessions.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 300
TOGETHER = 20
# The server gives memory back when there has been rest for a while.
REST_S = 6.0


class Server:
    """A server that has loaded its pipeline, and what it has logged."""

    def __init__(self, pid: int, port: int, log: Path) -> None:
        self._process = psutil.Process(pid)
        self.port = port
        self._log = log

    def memory_mb(self) -> float:
        """The memory of the process for itself, with its share of what others have too."""
        return float(self._process.memory_full_info().pss) / 1024**2

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def count(self, event: str) -> int:
        """The number of times that an event is in the log."""
        return self._log.read_text().count(f'"event": "{event}"')

    async def wait_for(self, event: str, times: int) -> None:
        """Wait until an event is in the log so often."""
        async with asyncio.timeout(START_WITHIN_S):
            while self.count(event) < times:  # noqa: ASYNC110  # another process tells nobody
                await asyncio.sleep(0.2)

    async def busy_percent(self, seconds: float) -> float:
        """CPU in percent of a core, over so many seconds."""
        before = self.cpu_s()
        await asyncio.sleep(seconds)
        return (self.cpu_s() - before) * 100 / seconds


@contextmanager
def serving(command: list[str], pipeline_id: str) -> Iterator[Server]:
    """Run a server for the body, with nothing beside it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "FORGESYTE_DATA_DIR": folder,
            "FORGESYTE_PRELOAD": pipeline_id,
            "FORGESYTE_WORKERS": "0",
            "STREAM_IDLE_TIMEOUT_S": "86400",
        }
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "forgesyte.settings", **settings}
        for preparation in (["migrate", "--verbosity", "0"], ["restore_pipelines", "--if-empty"]):
            subprocess.run([sys.executable, "manage.py", *preparation], cwd=ROOT, env=environment, check=True)
        log = Path(folder) / "log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environment, stdout=file, stderr=file
            )
        try:
            yield Server(process.pid, port_of(log), log)
        finally:
            process.terminate()
            process.wait(20)


def port_of(log: Path) -> int:
    """The port that the server says it listens on."""
    deadline = time.monotonic() + START_WITHIN_S
    while not (found := re.search(r"(?:ready at|running on) https?://[^ ]*?:(\d+)", log.read_text())):
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text())
        time.sleep(0.1)
    return int(found[1])


@asynccontextmanager
async def sessions(server: Server, count: int, pipeline_id: str) -> AsyncIterator[list[ClientConnection]]:
    """So many open sessions, whose pipelines are open, too."""
    url = f"ws://127.0.0.1:{server.port}/ws/video/stream?pipeline_id={pipeline_id}"
    before, clients = server.count("pipeline_ready"), []
    for start in range(0, count, TOGETHER):
        some = range(min(TOGETHER, count - start))
        clients += await asyncio.gather(
            *(connect(url, compression=None, ping_interval=None, max_size=None) for _ in some)
        )
    await server.wait_for("pipeline_ready", before + count)
    yield clients
    gone = server.count("disconnect")
    for client in clients:
        await client.close()
    await server.wait_for("disconnect", gone + count)


async def one_frame_each(clients: list[ClientConnection], picture: bytes) -> None:
    """Send one frame over every session and wait for its result."""
    for client in clients:
        await client.send(picture)
        while "result" not in json.loads(await client.recv()):
            pass


async def measure(server: Server, count: int, seconds: float, pipeline_id: str, picture: bytes) -> None:
    """Print what is found, twice; two sessions come first, with whose frames the last things are loaded."""
    await server.wait_for("preloaded", 1)
    async with sessions(server, 2, pipeline_id) as first:
        await one_frame_each(first, picture)
    await asyncio.sleep(REST_S)
    for number in (1, 2):
        before = server.memory_mb()
        say(f"Round {number}, without sessions", before, await server.busy_percent(seconds))
        async with sessions(server, count, pipeline_id) as clients:
            await say_each(server, "open", count, before, seconds)
            await one_frame_each(clients, picture)
            await say_each(server, "after a frame each", count, before, seconds)
        await asyncio.sleep(REST_S)
        left = server.memory_mb()
        say(f"all gone: {(left / before - 1) * 100:+.1f} %", left, await server.busy_percent(seconds))


async def say_each(server: Server, when: str, count: int, before_mb: float, seconds: float) -> None:
    """Print what each session costs now."""
    await asyncio.sleep(2)
    memory_mb = server.memory_mb()
    each_kb = (memory_mb - before_mb) * 1024 / count
    say(f"{count} idle, {when}: {each_kb:.1f} KB each", memory_mb, await server.busy_percent(seconds))


def say(what: str, memory_mb: float, busy_percent: float) -> None:
    """Print one line."""
    print(f"{what}; {memory_mb:.1f} MB, {busy_percent:.2f} % of a core", flush=True)


def main() -> None:
    """Start the server and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pipeline", default="yolo_ocr")
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--server", default="manage.py serve --port 0", help="another command after `python`")
    asked = parser.parse_args()
    with serving(asked.server.split(), asked.pipeline) as server:
        asyncio.run(
            measure(server, asked.sessions, asked.seconds, asked.pipeline, asked.picture.read_bytes())
        )


if __name__ == "__main__":
    main()
