"""The whole server as a client meets it: a real process, a real port, real sockets."""

import asyncio
import http.client
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from forgesyte.units import MEGABYTE
from tests.streaming.fakes import huge_header, jpeg
from tests.streaming.live import SERVERS, LiveServer, answers, close_code, prepare, read, serving

FLOOD = 80
FLOOD_S = 0.3
MAX_SESSIONS = 6


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("server")
    prepare(data_dir)
    settings = {"STREAM_MAX_SESSIONS": str(MAX_SESSIONS), "STREAM_IDLE_TIMEOUT_S": "4"}
    with serving(data_dir, server=request.param, **settings) as running:
        yield running


def indexes(messages: list[dict[str, Any]], kind: str) -> list[int]:
    return [message["frame_index"] for message in messages if kind in message]


async def send_flood(socket: ClientConnection) -> None:
    """Frames at an even pace, far more than a slow pipeline can take."""
    start = time.monotonic()
    for number in range(FLOOD):
        await socket.send(jpeg(640, 480))
        await asyncio.sleep(max(0.0, start + FLOOD_S * (number + 1) / FLOOD - time.monotonic()))


async def flood(socket: ClientConnection) -> list[dict[str, Any]]:
    """Send the flood while its answers are read."""
    sending = asyncio.create_task(send_flood(socket))
    messages = await answers(socket, FLOOD)
    await sending
    return messages


def check_flood(messages: list[dict[str, Any]]) -> None:
    results, dropped = indexes(messages, "result"), indexes(messages, "dropped")
    assert sorted(results + dropped) == list(range(1, FLOOD + 1)), "exactly one answer for each frame"
    assert results == sorted(results), "results come in the order of their frames"
    assert results[-1] == FLOOD, "the newest is processed"


async def polite(socket: ClientConnection, frames: int = 12) -> None:
    """Each frame is sent after the answer to the one before: none may be dropped."""
    for _ in range(frames):
        await socket.send(jpeg(640, 480))
        assert "result" in await read(socket)


@pytest.mark.parametrize("pipeline_id", ["quick", "slow"])
async def test_a_flood_and_polite_frames_after_it(server: LiveServer, pipeline_id: str) -> None:
    async with server.stream(pipeline_id) as socket:
        await polite(socket, 1)
        messages = [
            {**message, "frame_index": message["frame_index"] - 1} if "frame_index" in message else message
            for message in await flood(socket)
        ]
        check_flood(messages)
        pleas = [message for message in messages if "warning" in message]
        if pipeline_id == "slow":
            assert 1 <= len(pleas) <= 3
            assert len(indexes(messages, "dropped")) > FLOOD / 2
        assert all(plea["suggested_fps"] >= 1 for plea in pleas)
        await polite(socket)


async def test_three_floods_at_once_share_the_slot(server: LiveServer) -> None:
    """Each sends for three seconds what the pipeline cannot take, and each gets its share of the results."""

    async def press(socket: ClientConnection) -> list[dict[str, Any]]:
        sent, deadline = 0, time.monotonic() + 3.0
        messages: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            await socket.send(jpeg(640, 480))
            sent += 1
            await asyncio.sleep(0.01)
        messages += await answers(socket, sent)
        assert sorted(indexes(messages, "result") + indexes(messages, "dropped")) == list(range(1, sent + 1))
        assert 1 <= len([message for message in messages if "warning" in message]) <= 3
        return messages

    async with server.stream("slow") as one, server.stream("slow") as two, server.stream("slow") as three:
        pressed = await asyncio.gather(*(press(socket) for socket in (one, two, three)))
        results = [len(indexes(messages, "result")) for messages in pressed]
        assert min(results) >= sum(results) / 4, results
        await asyncio.gather(*(polite(socket, 4) for socket in (one, two, three)))


async def ends(socket: ClientConnection, error: str, code: int) -> dict[str, Any]:
    message = await read(socket)
    assert message["error"] == error
    assert await close_code(socket) == code
    return message


async def test_unknown_pipeline(server: LiveServer) -> None:
    async with server.stream("yolo_foo") as socket:
        message = await ends(socket, "invalid_pipeline", 4404)
    assert message["detail"] == "Unknown pipeline_id: yolo_foo"


async def test_text_message(server: LiveServer) -> None:
    async with server.stream("quick") as socket:
        await socket.send("hello")
        message = await ends(socket, "invalid_message", 4400)
    assert message["detail"] == "Expected binary frame payload"


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        (b"", "invalid_frame", 4415),
        (b"no picture", "invalid_frame", 4415),
        (huge_header(), "invalid_frame", 4415),
        (jpeg()[:300] + b"\0" * 300 + b"\xff\xd9", "invalid_frame", 4415),
        (b"\xff\xd8" + bytes(6 * MEGABYTE) + b"\xff\xd9", "frame_too_large", 4413),
    ],
    ids=["empty", "no picture", "huge header", "undecodable", "6 MB"],
)
async def test_refused_frames(server: LiveServer, data: bytes, error: str, code: int) -> None:
    async with server.stream("quick") as socket:
        await socket.send(data)
        message = await ends(socket, error, code)
    assert message["frame_index"] == 1


async def test_a_tool_that_fails(server: LiveServer) -> None:
    async with server.stream("fails") as socket:
        await polite(socket, 1)
        await socket.send(jpeg())
        message = await ends(socket, "pipeline_failure", 4500)
    assert message == {"error": "pipeline_failure", "detail": "Steady work failed", "frame_index": 2}


async def test_too_many_sessions(server: LiveServer) -> None:
    async with asyncio.TaskGroup() as tasks:
        sockets = [tasks.create_task(server.stream("quick").__aenter__()) for _ in range(MAX_SESSIONS)]
    async with server.stream("quick") as socket:
        await ends(socket, "too_many_sessions", 4429)
    for task in sockets:
        await polite(task.result(), 1)
        await task.result().close()


async def test_idle_sessions_end(server: LiveServer) -> None:
    async with server.stream("quick") as socket:
        await polite(socket, 1)
        await ends(socket, "idle_timeout", 4408)


async def test_our_own_faults(server: LiveServer) -> None:
    """A database that lost its table is nobody's pipeline failure, and said to be away."""
    with sqlite3.connect(server.data_dir / "forgesyte.sqlite3") as database:
        database.execute("ALTER TABLE pipelines_pipeline RENAME TO gone")
    try:
        async with server.stream("quick") as socket:
            message = await ends(socket, "internal_error", 1011)
        assert message["detail"] == "The database does not answer: try again in a moment"
    finally:
        with sqlite3.connect(server.data_dir / "forgesyte.sqlite3") as database:
            database.execute("ALTER TABLE gone RENAME TO pipelines_pipeline")
        database.close()


async def test_a_page_of_another_site_is_denied(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as denied:
        async with server.stream("quick", origin="http://evil.example"):
            pass
    assert denied.value.response.status_code == 403
    async with server.stream("quick", origin=f"http://127.0.0.1:{server.port}") as socket:
        await polite(socket, 1)


def health_times_s(port: int, count: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("GET", "/health")
        response = connection.getresponse()
        response.read()
        times.append(time.perf_counter() - start)
        assert response.status == 200
    connection.close()
    return times


async def test_health_answers_while_networks_load_and_tools_are_slow(server: LiveServer) -> None:
    async with server.stream("sleepy") as sleepy, server.stream("heavy") as heavy:
        await sleepy.send(jpeg())
        await heavy.send(jpeg())
        times = await asyncio.to_thread(health_times_s, server.port, 20)
        # Who waits for the one or the other waits for two seconds.
        assert max(times) < 1, times
        assert "result" in await read(heavy)
        assert "result" in await read(sleepy)


async def test_another_session_goes_on_while_one_loads(server: LiveServer) -> None:
    async with server.stream("heavy") as heavy, server.stream("quick") as quick:
        await heavy.send(jpeg())
        loading = asyncio.create_task(read(heavy))
        await polite(quick, 4)
        assert not loading.done()
        assert "result" in await loading


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def test_huge_headers_cost_next_to_nothing(server: LiveServer) -> None:
    async with server.stream("quick") as socket:
        await polite(socket, 1)
    before = resident_mb(server.process.pid)
    seconds = []
    for _ in range(5):
        async with server.stream("quick") as socket:
            start = time.monotonic()
            await socket.send(huge_header())
            await ends(socket, "invalid_frame", 4415)
            seconds.append(time.monotonic() - start)
    assert min(seconds) < 1
    assert resident_mb(server.process.pid) - before < 50
