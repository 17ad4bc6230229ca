"""A little of everything that a server can be asked, so that every metric has something to tell."""

import asyncio
import json
import time
from http.client import HTTPConnection
from typing import Any

import requests

from tests.streaming.fakes import jpeg
from tests.streaming.live import PATIENCE_S, LiveServer, answers, close_code, read

FLOOD = 5
# At 20 ms each, long enough for the pulse to beat once.
POLITE = 20


def get(server: LiveServer, path: str) -> str:
    """The body of an answer, whatever its status."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("GET", path)
    body = connection.getresponse().read().decode()
    connection.close()
    return body


async def one_round(server: LiveServer) -> None:
    """Sessions with results, drops and errors, beside pages that are there and one that is not ready."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(flood(server))
        tasks.create_task(read_text(server))
        tasks.create_task(fail(server))
        for path in ("/health", "/ready"):
            tasks.create_task(asyncio.to_thread(get, server, path))


async def flood(server: LiveServer) -> None:
    """More frames at once than a slow pipeline can take: some give way."""
    async with server.stream("slow") as socket:
        for _ in range(FLOOD):
            await socket.send(jpeg(640, 480))
        await answers(socket, FLOOD)


async def read_text(server: LiveServer) -> None:
    """Frames with text, of which some need no reading."""
    async with server.stream("text") as socket:
        for _ in range(POLITE):
            await socket.send(jpeg(640, 480))
            assert "result" in await read(socket)


async def fail(server: LiveServer) -> None:
    """A session that its pipeline ends."""
    async with server.stream("fails") as socket:
        for _ in range(2):
            await socket.send(jpeg())
            message = await read(socket)
        assert message["error"] == "pipeline_failure"
        await close_code(socket)


async def run_job(server: LiveServer) -> None:
    """A job of one picture, from its upload to its end; sessions go on meanwhile."""
    url = f"http://127.0.0.1:{server.port}"
    files = {"file": ("picture.jpg", jpeg(640, 480))}
    address = f"{url}/video/submit?pipeline_id=quick"
    sent = await asyncio.to_thread(requests.post, address, files=files, timeout=PATIENCE_S)
    job_id = sent.json()["job_id"]
    deadline = time.monotonic() + 2 * PATIENCE_S
    while job_status(server, job_id)["status"] != "completed":
        assert time.monotonic() < deadline, job_status(server, job_id)
        await one_round(server)


def job_status(server: LiveServer, job_id: str) -> dict[str, Any]:
    """The progress of a job."""
    status: dict[str, Any] = json.loads(get(server, f"/video/status/{job_id}"))
    return status
