"""A real server on a real port, in a process of its own, and clients on real sockets."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "tests" / "plugins"
OURS = ("FORGESYTE_", "STREAM_", "ALLOWED_HOSTS", "HOST", "PORT", "DEBUG", "DATABASE_URL", "REDIS_URL")
START_WITHIN_S = 60
PATIENCE_S = 60.0
STUCK_S = 120.0
# A command of manage.py, on a busy machine.
COMMAND_WITHIN_S = 300.0

Params = Mapping[str, float | str]

# What keeps the contract, run as docs/network/SERVERS.md says, on any free port; each says where it listens.
SERVERS = {
    "daphne": ("manage.py", "serve", "--port", "0"),
    "uvicorn": (
        *("-m", "uvicorn", "forgesyte.asgi:application", "--port", "0"),
        *("--ws-max-size", "20971520", "--ws-per-message-deflate", "false"),
        *("--timeout-graceful-shutdown", "3", "--no-access-log"),
    ),
}
ADDRESS = re.compile(r"(?:ready at|running on) https?://\S*:(\d+)\b")

PIPELINES: Mapping[str, Params] = {
    "quick": {},
    "slow": {"run_s": 0.2},
    "sleepy": {"run_s": 2.0},
    "stuck": {"run_s": STUCK_S},
    "heavy": {"open_s": 2.0},
    "fails": {"fails_at": 2},
}

STORE = """
import json, sys, django
django.setup()
from django.core.management import call_command
from pipelines.models import Pipeline
from pipelines.services import store
call_command("migrate", verbosity=0)
for definition in json.load(sys.stdin):
    store(Pipeline(definition=definition))
"""


def definition(pipeline_id: str, params: Params) -> dict[str, Any]:
    """A pipeline of one steady tool."""
    node = {"id": "work", "plugin_id": "steady", "tool_id": "work", "params": dict(params)}
    return {
        "id": pipeline_id,
        "name": pipeline_id.title(),
        "nodes": [node],
        "edges": [],
        "entry_nodes": ["work"],
        "output_nodes": ["work"],
    }


@dataclass
class LiveServer:
    """A running server and the folder that holds its data."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    log: Path
    # One of SERVERS.
    name: str

    def stream(self, pipeline_id: str, **options: Any) -> connect:
        """A connection to a session of this pipeline."""
        url = f"ws://127.0.0.1:{self.port}/ws/video/stream?pipeline_id={pipeline_id}"
        return connect(url, max_size=None, open_timeout=PATIENCE_S, **options)


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a server with its own data, the test's plugin and no network to load."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
        "FORGESYTE_DATA_DIR": str(data_dir),
        "FORGESYTE_PRELOAD": "none",
        "FORGESYTE_WORKERS": "0",
        "PYTHONPATH": str(PLUGINS),
        **settings,
    }


def prepare(data_dir: Path, more: Mapping[str, Params] | None = None, **settings: str) -> None:
    """Make the database, with the pipelines above and more in it."""
    rows = [definition(pipeline_id, params) for pipeline_id, params in {**PIPELINES, **(more or {})}.items()]
    subprocess.run(
        [sys.executable, "-c", STORE],
        input=json.dumps(rows),
        text=True,
        cwd=ROOT,
        env=environment(data_dir, **settings),
        check=True,
        timeout=START_WITHIN_S,
    )


@contextmanager
def serving(data_dir: Path, *arguments: str, server: str = "daphne", **settings: str) -> Iterator[LiveServer]:
    """Run a server on a free port for the body; the data folder must be prepared."""
    log = data_dir / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *SERVERS[server], *arguments],
            cwd=ROOT,
            env=environment(data_dir, **settings),
            stdout=output,
            stderr=output,
        )
    try:
        yield LiveServer(process, port_of(process, log), data_dir, log, server)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def port_of(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """The port that a server says it listens on, once it does."""
    deadline = time.monotonic() + START_WITHIN_S
    while not (found := ADDRESS.search(log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    return int(found[1])


async def read(socket: ClientConnection, patience_s: float = PATIENCE_S) -> dict[str, Any]:
    """The next message."""
    async with asyncio.timeout(patience_s):
        message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def close_code(socket: ClientConnection) -> int | None:
    """The code that the server closes with."""
    async with asyncio.timeout(PATIENCE_S):
        await socket.wait_closed()
    return socket.close_code


async def answers(socket: ClientConnection, frames: int) -> list[dict[str, Any]]:
    """Every message up to the one that answers the last of so many frames that have no answer yet."""
    messages: list[dict[str, Any]] = []
    while sum("frame_index" in message for message in messages) < frames:
        messages.append(await read(socket))
    return messages
