"""Under which names the server answers, and what the log says of a name that is refused."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.streaming.live import PATIENCE_S, SERVERS, LiveServer, prepare, serving

PROBES = ["/health", "/ready", "/metrics", "/v1/health", "/v1/ready", "/v1/metrics"]
LONG = "a" * 5000
HOSTS = [
    *("10.0.0.7:8000", "evil.example", "probe.cluster.local:80", "a b", "[::1", "x:99999", "x:y", "/", "@"),
    *("\xfc\xff", "a,b", "", LONG),
]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("hosts")
    prepare(data_dir)
    with serving(data_dir, server=request.param) as running:
        yield running


def ask(server: LiveServer, path: str, *headers: str, method: str = "GET") -> tuple[int, bytes]:
    """Status and content of a request with exactly these headers."""
    lines = [f"{method} {path} HTTP/1.1", *headers, "Content-Length: 0", "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content


class LogTail:
    """The lines that a server logs from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size

    def those(self, count: int) -> list[dict[str, Any]]:
        """The lines, once there are so many: a server may write one after its answer."""
        deadline = time.monotonic() + PATIENCE_S
        while len(found := self.lines()) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def lines(self) -> list[dict[str, Any]]:
        """Those so far: every one must be JSON, and none a traceback; uvicorn's own are left out."""
        text = self._path.read_text()[self._from :]
        found = [json.loads(line) for line in text.splitlines() if not line.startswith(("INFO:", "WARNING:"))]
        assert not any("exception" in line for line in found)
        return [line for line in found if line["event"] != "deprecated_path"]


@pytest.fixture
def log(server: LiveServer) -> LogTail:
    return LogTail(server.log)


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_answered_under_any_name(server: LiveServer, log: LogTail, path: str) -> None:
    expected = 503 if path.endswith("ready") else 200
    for host in HOSTS:
        assert (host[:20], ask(server, path, f"Host: {host}")[0]) == (host[:20], expected)
    assert ask(server, path, "Host: a", "Host: b")[0] == expected
    assert log.lines() == []


@pytest.mark.parametrize("path", ["/", "/pipelines/list", "/static/css/base.css", "/admin/", "/healthy"])
def test_elsewhere_a_wrong_name_is_one_line(server: LiveServer, log: LogTail, path: str) -> None:
    for host in HOSTS[:-2]:
        status, content = ask(server, path, f"Host: {host}")
        assert (host, status) == (host, 400)
        assert b"ALLOWED_HOSTS" in content
    assert [
        (line["event"], line["host"], line["path"], line["client"]) for line in log.those(len(HOSTS) - 2)
    ] == [("host_refused", host, path, "127.0.0.1") for host in HOSTS[:-2]]


def test_a_long_name_makes_no_long_line(server: LiveServer, log: LogTail) -> None:
    assert ask(server, "/", f"Host: {LONG}")[0] == 400
    assert [line["host"] for line in log.those(1)] == [LONG[:200]]


def test_an_api_client_reads_json(server: LiveServer) -> None:
    status, content = ask(server, "/pipelines/list", "Host: evil.example")
    assert (status, json.loads(content)["error"]) == (400, "bad_request")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[::1", "x" * 3000])
def test_a_page_of_another_site_is_one_line(server: LiveServer, log: LogTail, origin: str) -> None:
    headers = ["Host: localhost", f"Origin: {origin}"]
    status, content = ask(server, "/pipelines/validate", *headers, method="POST")
    assert (status, json.loads(content)["error"]) == (403, "forbidden")
    (line,) = log.those(1)
    assert (line["event"], line["origin"], line["client"]) == ("origin_refused", origin[:200], "127.0.0.1")


@pytest.mark.parametrize(
    ("origin", "is_address"),
    [("http://evil.example", True), ("null", True), ("http://[::1", False), ("x" * 3000, False)],
)
async def test_a_socket_of_another_site_is_one_line(
    server: LiveServer, log: LogTail, origin: str, is_address: bool
) -> None:
    # Daphne's own parser refuses an origin that is no address before ours is asked.
    refused = not is_address and server.name == "daphne"
    status, event = (400, "handshake_refused") if refused else (403, "origin_refused")
    with pytest.raises(InvalidStatus) as answer:
        async with server.stream("quick", origin=origin):
            pass
    assert answer.value.response.status_code == status
    (line,) = log.those(1)
    assert (line["event"], line["client"]) == (event, "127.0.0.1")
    assert origin[:100] in line["origin"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_handshake_with_a_wrong_name_harms_nobody(server: LiveServer, log: LogTail, host: str) -> None:
    upgrade = [
        *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Origin: http://evil.example"),
    ]
    lines = ["GET /ws/video/stream?pipeline_id=quick HTTP/1.1", f"Host: {host}", *upgrade, "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        status = int(connection.recv(65536).split()[1])
    # Daphne's own parser refuses a port that is no number before the origin is looked at.
    refused = host == "x:y" and server.name == "daphne"
    expected = (400, ["handshake_refused"]) if refused else (403, ["origin_refused"])
    assert (status, [line["event"] for line in log.those(1)]) == expected
