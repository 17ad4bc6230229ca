"""Measures the cost of a web server for each frame, with a client that does not read, and with idle ones.

    python -m bench.micro.servers --seconds 10 --rounds 3

Each server runs the echo of `bench/micro/echo_app.py` in a process of its own; the client is this process.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

import psutil
from websockets.asyncio.client import ClientConnection, connect

from bench.processes import free_port

APPLICATION = "bench.micro.echo_app:application"
UVICORN = [
    *("uvicorn", APPLICATION, "--host", "127.0.0.1", "--lifespan", "off", "--no-access-log"),
    *("--log-level", "warning", "--ws-max-size", "20971520", "--ws-per-message-deflate", "false"),
]
# Each is run as `python -m ...`, with the port at the end.
SERVERS = {
    "daphne": ["bench.micro.echo_app"],
    "uvicorn": [*UVICORN, "--port"],
    "uvicorn-asyncio": [*UVICORN, "--loop", "asyncio", "--port"],
    "uvicorn-wsproto": [*UVICORN, "--ws", "wsproto", "--port"],
    "hypercorn": ["hypercorn", APPLICATION, "--worker-class", "uvloop", "--bind"],
    "granian": ["granian", APPLICATION, "--interface", "asginl", "--log-level", "warning", "--port"],
}
FRAME = b"\xff\xd8" + os.urandom(60_000) + b"\xff\xd9"
START_WITHIN_S = 30


@dataclass
class Figures:
    """Of one server in one round; the memory in MB but for `idle_kb`, which is for each client."""

    frames_per_s: float
    cpu_ms: float
    unread_mb: float
    idle_kb: float
    idle_cpu_percent: float


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = psutil.Process(process.pid)
        self.url = f"ws://127.0.0.1:{port}"

    def cpu_s(self) -> float:
        """CPU seconds of the process and its children so far."""
        used = [process.cpu_times() for process in (self._process, *self._process.children(recursive=True))]
        return float(sum(times.user + times.system for times in used))

    def memory_mb(self) -> float:
        """The memory of the process and its children."""
        processes = (self._process, *self._process.children(recursive=True))
        return float(sum(process.memory_full_info().pss for process in processes)) / 1024**2


@contextmanager
def running(name: str) -> Iterator[Server]:
    """Run a server for the body."""
    port = free_port()
    address = f"127.0.0.1:{port}" if name == "hypercorn" else str(port)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "forgesyte.settings"}
    process = subprocess.Popen([sys.executable, "-m", *SERVERS[name], address], env=environment)
    try:
        wait_for(port)
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


async def closed_loop(client: ClientConnection, until: float, in_flight: int = 2) -> int:
    """Keep so many frames unanswered until then; returns how many were answered."""
    for _ in range(in_flight):
        await client.send(FRAME)
    answered = 0
    while time.monotonic() < until:
        await client.recv()
        answered += 1
        await client.send(FRAME)
    return answered


async def cost_of_frames(server: Server, seconds: float) -> tuple[float, float]:
    """Frames per second of four clients in a closed loop, and the server's CPU milliseconds for each."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connect(server.url, compression=None, ping_interval=None))
            for _ in range(4)
        ]
        await asyncio.gather(*(closed_loop(client, time.monotonic() + 1) for client in clients))
        began, used = time.monotonic(), server.cpu_s()
        answered = sum(await asyncio.gather(*(closed_loop(client, began + seconds) for client in clients)))
        return answered / (time.monotonic() - began), (server.cpu_s() - used) * 1000 / answered


async def cost_of_not_reading(server: Server, seconds: float) -> float:
    """The most that the server's memory grows while a client sends what it can and reads nothing."""
    before = most = server.memory_mb()
    async with connect(f"{server.url}/long", compression=None, max_queue=1, close_timeout=0.1) as client:
        sending = asyncio.create_task(flood(client))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(0.25)
            most = max(most, server.memory_mb())
        sending.cancel()
    return most - before


async def flood(client: ClientConnection) -> None:
    """Send small frames for ever."""
    while True:
        await client.send(FRAME[:8000])


async def cost_of_idling(server: Server, clients: int, seconds: float) -> tuple[float, float]:
    """The server's KB for each idle client, and its CPU in percent of a core."""
    before = server.memory_mb()
    async with AsyncExitStack() as stack:
        for _ in range(clients):
            await stack.enter_async_context(connect(server.url, compression=None, ping_interval=None))
        await asyncio.sleep(1)
        grown = server.memory_mb() - before
        used = server.cpu_s()
        await asyncio.sleep(seconds)
        return grown * 1024 / clients, (server.cpu_s() - used) * 100 / seconds


async def measure(name: str, seconds: float, idle: int) -> Figures:
    """The figures of one server."""
    with running(name) as server:
        idle_kb, idle_cpu = await cost_of_idling(server, idle, seconds)
        frames_per_s, cpu_ms = await cost_of_frames(server, seconds)
        unread_mb = await cost_of_not_reading(server, seconds)
    return Figures(frames_per_s, cpu_ms, unread_mb, idle_kb, idle_cpu)


def main() -> None:
    """Measure the servers in turns and print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", default="daphne,uvicorn", help=", ".join(SERVERS))
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=1000)
    asked = parser.parse_args()
    names = asked.servers.split(",")
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(asked.rounds):
        for name in names:
            found[name].append(asyncio.run(measure(name, asked.seconds, asked.idle)))
            print(name, json.dumps(vars(found[name][-1])), file=sys.stderr)
    print("| server | frames/s | CPU ms a frame | MB unread | KB idle | CPU % idle |\n| --- |" + " --- |" * 5)
    for name, rounds in found.items():
        columns = zip(*(vars(figures).values() for figures in rounds), strict=True)
        print(f"| {name} | " + " | ".join(f"{statistics.median(column):.3g}" for column in columns) + " |")


if __name__ == "__main__":
    main()
