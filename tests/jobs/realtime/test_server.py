"""News of jobs through a real server, written by one process and read by others."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.demo_runner import ROOT
from tests.streaming.live import SERVERS, LiveServer, environment, prepare, serving

PATIENCE_S = 60.0
CHANGES = 30
BULK = 1_000_000

NEW_JOB = """
import django
django.setup()
from jobs.models import Job
print(Job.objects.create(
    pipeline_id="p", pipeline_name="p", definition={}, source_name="a.mp4", source_file="f",
    status="running", lease_owner="w", frames_total=1000,
).pk)
"""
# Changes the job whenever it reads a line, and ends it at the end.
WRITER = f"""
import sys
import django
django.setup()
from jobs import moves
from jobs.moves import change_one
from jobs.models import Job
for number, _ in enumerate(sys.stdin, start=1):
    tools = {{"number": number, "bulk": "x" * {BULK}}}
    change_one(sys.argv[1], Job.objects.all(), frames_done=number, tools=tools)
    print(number, flush=True)
change_one(sys.argv[1], Job.objects.all(), moves.COMPLETE, lease_owner="", tools={{}})
"""


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("realtime")
    prepare(data_dir)
    with serving(data_dir, server=request.param) as running:
        yield running


@pytest.fixture
def job_id(server: LiveServer) -> str:
    """A job that runs."""
    command = [sys.executable, "-c", NEW_JOB]
    env = environment(server.data_dir)
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60)
    return made.stdout.split()[-1]


def watch(server: LiveServer, job_id: str, **options: Any) -> connect:
    url = f"ws://127.0.0.1:{server.port}/v1/realtime?job_id={job_id}"
    return connect(url, max_size=None, ping_interval=None, **options)


async def read(client: ClientConnection) -> dict[str, Any]:
    """The next message; pings are answered."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), PATIENCE_S))
        if message["type"] != "ping":
            return message
        await client.send('{"type": "pong"}')


async def until_the_end(client: ClientConnection) -> list[dict[str, Any]]:
    """All messages up to the one that tells of the end."""
    told = [await read(client)]
    while told[-1]["payload"].get("job", {}).get("status") != "completed":
        told.append(await read(client))
    return told


def writer(server: LiveServer, job_id: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, job_id]
    env = environment(server.data_dir)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True)


async def test_a_client_that_does_not_read_loses_progress_but_not_the_end(
    server: LiveServer, job_id: str
) -> None:
    process = psutil.Process(server.process.pid)
    async with watch(server, job_id, max_queue=1) as slow, watch(server, job_id) as quick:
        assert (await read(quick))["type"] == "snapshot"
        before = process.memory_info().rss
        with writer(server, job_id) as writing:
            assert writing.stdin
            assert writing.stdout
            for number in range(1, CHANGES + 1):
                print(file=writing.stdin, flush=True)
                assert await asyncio.to_thread(writing.stdout.readline) == f"{number}\n"
                while (await read(quick))["payload"].get("tools", {}).get("number") != number:
                    pass
            writing.stdin.close()
        assert (await until_the_end(quick))[-1]["type"] == "snapshot"
        grown = process.memory_info().rss - before
        told = await until_the_end(slow)
    kept = [message for message in told if message["type"] == "plugin_status"]
    assert told[0]["type"] == "snapshot"
    assert len(kept) < CHANGES
    assert grown < CHANGES * BULK


async def test_both_addresses_tell_of_all_jobs(server: LiveServer, job_id: str) -> None:
    for path in ("realtime", "v1/realtime"):
        async with connect(f"ws://127.0.0.1:{server.port}/{path}", max_size=None) as client:
            told = {(await read(client))["payload"]["job_id"]}
            while job_id not in told:
                told.add((await read(client))["payload"]["job_id"])


async def test_why_a_connection_ends_can_be_read(server: LiveServer) -> None:
    async with watch(server, "nonsense") as client:
        message = await read(client)
        await asyncio.wait_for(client.wait_closed(), PATIENCE_S)
    assert message["payload"]["code"] == "invalid_job_id"
    assert (client.close_code, client.close_reason) == (4400, "invalid_job_id")
