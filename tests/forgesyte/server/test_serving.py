"""`manage.py serve`: it says when it is ready, bounds what one client can cost, and stops cleanly."""

import asyncio
import base64
import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from forgesyte.lan.certificate import Certificate
from forgesyte.lan.lan import Lan
from forgesyte.server import serving
from tests.streaming.fakes import jpeg
from tests.streaming.live import (
    PATIENCE_S,
    ROOT,
    SERVERS,
    STUCK_S,
    LiveServer,
    close_code,
    environment,
    prepare,
    read,
)
from tests.streaming.live import serving as running_server

LOGIN = """
import sys, django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
ann = User.objects.create_user("ann")
session = SessionStore()
session[SESSION_KEY] = str(ann.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = ann.get_session_auth_hash()
session.create()
print(session.session_key)
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    prepare(folder)
    return folder


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[LiveServer]:
    with running_server(data_dir) as running:
        yield running


@pytest.fixture(scope="module", params=SERVERS)
def any_server(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[LiveServer]:
    with running_server(data_dir, server=request.param) as running:
        yield running


@pytest.fixture(params=SERVERS)
def mortal(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[LiveServer]:
    """A server that the test may stop."""
    with running_server(data_dir, server=request.param) as running:
        yield running


def events(server: LiveServer) -> list[dict[str, Any]]:
    lines = server.log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path)
    answer = connection.getresponse().status
    connection.close()
    return answer


def text_of(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path)
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


async def received(server: LiveServer, frames: int) -> None:
    """Wait until the server has taken in so many frames: to have sent them says little."""
    async with asyncio.timeout(PATIENCE_S):
        while f"stream_frames_received_total {frames}.0" not in await asyncio.to_thread(
            text_of, server.port, "/metrics"
        ):
            pass


async def to_the_end(socket: ClientConnection) -> list[dict[str, Any]]:
    """Every message up to the error that ends the session."""
    messages = [await read(socket)]
    while "error" not in messages[-1]:
        messages.append(await read(socket))
    return messages


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_says_goodbye_to_every_session(mortal: LiveServer, number: signal.Signals) -> None:
    async with mortal.stream("quick") as one, mortal.stream("stuck") as busy:
        await one.send(jpeg())
        assert "result" in await read(one)
        for _ in range(3):
            await busy.send(jpeg())
        await received(mortal, 4)
        mortal.process.send_signal(number)
        assert (await read(one))["error"] == "server_shutdown"
        assert await close_code(one) == 1012
        said = await to_the_end(busy)
        assert sorted(message["frame_index"] for message in said[:-1]) == [1, 2, 3]
        assert said[-1]["error"] == "server_shutdown"
        assert await close_code(busy) == 1012
        # The frame in flight takes longer.
        # When it is done, uvicorn raises the signal once more, and ends well on a SIGINT; ours ends as asked.
        code = -number if (mortal.name, number) == ("uvicorn", signal.SIGTERM) else 0
        assert await asyncio.to_thread(mortal.process.wait, STUCK_S / 2) == code
    assert not [line for line in events(mortal) if line["level"] == "error"]


async def test_a_second_signal_ends_the_process_at_once(data_dir: Path) -> None:
    with running_server(data_dir) as mortal:
        async with mortal.stream("stuck") as busy:
            for _ in range(3):
                await busy.send(jpeg())
            await read(busy)
            mortal.process.send_signal(signal.SIGINT)
            await to_the_end(busy)
            mortal.process.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(mortal.process.wait, STUCK_S / 2) == 128 + signal.SIGINT


def test_a_port_in_use_is_one_clear_line(server: LiveServer, data_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", str(server.port)],
        cwd=ROOT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    told = json.loads(done.stderr.splitlines()[-1])
    assert told["event"] == "cannot_start"
    assert told["detail"].startswith(f"ForgeSyte cannot listen on 127.0.0.1:{server.port}: ")
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_pipelines_are_loaded_beside_it_and_failures_are_told(data_dir: Path) -> None:
    with running_server(data_dir, "--host", "0.0.0.0", FORGESYTE_PRELOAD="nope,quick") as server:
        assert status(server.port, "/health") == 200
        deadline = time.monotonic() + PATIENCE_S
        while not (done := [line for line in events(server) if line["event"] == "preloaded"]):
            assert time.monotonic() < deadline, events(server)
            time.sleep(0.02)
        [failed] = [line for line in events(server) if line["event"] == "preload_failed"]
    assert done[0]["pipeline_id"] == "quick"
    assert (failed["level"], failed["detail"]) == ("warning", "Unknown pipeline_id: nope")


@pytest.fixture
def session_key(data_dir: Path) -> str:
    """The session cookie of somebody who is logged in."""
    done = subprocess.run(
        [sys.executable, "-c", LOGIN],
        cwd=ROOT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


async def test_login_is_by_the_cookie_of_our_own_pages(data_dir: Path, session_key: str) -> None:
    with running_server(data_dir, FORGESYTE_REQUIRE_LOGIN="1") as server:
        async with server.stream("quick") as stranger:
            assert (await read(stranger))["error"] == "login_required"
            assert await close_code(stranger) == 4401
        cookie = {"Cookie": f"sessionid={session_key}"}
        async with server.stream("quick", additional_headers=cookie) as ann:
            await ann.send(jpeg())
            assert "result" in await read(ann)


def shake_hands(port: int) -> socket.socket:
    """A WebSocket whose owner will never read it."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    peer.sendall(
        "GET /ws/video/stream?pipeline_id=quick HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert peer.recv(12) == b"HTTP/1.1 101"
    return peer


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


async def test_pictures_are_not_compressed_again(any_server: LiveServer) -> None:
    async with any_server.stream("quick", compression="deflate") as socket:
        assert socket.response
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        await socket.send(jpeg())
        assert "result" in await read(socket)


def test_a_client_that_floods_and_never_reads_costs_no_memory(any_server: LiveServer) -> None:
    picture = jpeg()[:2] + b"\xff\xfe" + (8000).to_bytes(2, "big") + bytes(7998) + jpeg()[2:]
    frame = b"\x82\xfe" + struct.pack(">H", len(picture)) + bytes(4) + picture
    with shake_hands(any_server.port) as peer:
        before = resident_mb(any_server.process.pid)
        peer.settimeout(1.0)
        try:
            for _ in range(10_000):
                peer.sendall(frame)
        except TimeoutError:
            pass  # the server reads no more: so it should be
        assert resident_mb(any_server.process.pid) - before < 40
        assert status(any_server.port, "/health") == 200


# The parts


@pytest.mark.parametrize(
    ("host", "reached_at", "shown_as"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1", "localhost"),
        ("::", "::1", "localhost"),
        ("[::1]", "::1", "[::1]"),
        ("vision.example", "vision.example", "vision.example"),
    ],
)
def test_addresses(host: str, reached_at: str, shown_as: str) -> None:
    assert serving.reachable(host) == reached_at
    assert serving.host_in_url(host) == shown_as


def test_nothing_answers_where_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert not serving.answers("127.0.0.1", free.getsockname()[1], 0.12)


@pytest.mark.parametrize(
    ("host", "login", "lan_code", "is_told"),
    [
        ("0.0.0.0", False, None, True),
        ("::", False, None, True),
        ("192.168.1.20", False, "", True),
        ("vision.example", False, None, True),
        ("0.0.0.0", True, None, False),
        ("0.0.0.0", False, "k7mq3xwd", False),
        ("127.0.0.1", False, None, False),
        ("localhost", False, None, False),
        ("[::1]", False, None, False),
    ],
)
def test_an_open_server_says_so(
    settings: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    host: str,
    login: bool,
    lan_code: str | None,
    is_told: bool,
) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = login
    lan = None if lan_code is None else Lan((), Certificate.make(["localhost"], datetime.now(UTC)), lan_code)
    serving.tell_who_gets_in(host, 8000, lan)
    said = capsys.readouterr().out
    assert said.count("\n") == is_told
    assert (f"everybody who reaches {host} port 8000" in said) is is_told
    assert [record.message for record in caplog.records] == ["open_to_everybody"] * is_told


def test_a_start_without_the_databases_tables_says_what_to_run(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        assert "manage.py migrate" in server.log.read_text()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        connection.request("GET", "/pipelines/list")
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]) == (503, "unavailable")
        connection.close()
