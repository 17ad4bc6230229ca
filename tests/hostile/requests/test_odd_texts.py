"""Texts and paths that are none, at a real server: every answer is one of ours, and no file gets out."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.jobs.postgres import running_postgres
from tests.streaming.live import PATIENCE_S, LiveServer, prepare, serving

BOUNDARY = "odd"
NUL, HALF = "%00", "%ed%a0%80"
ADDRESSES = (
    "/jobs?text={odd}",
    "/jobs?pipeline_id={odd}",
    "/jobs?status={odd}",
    "/jobs?cursor={odd}",
    "/jobs?limit={odd}",
    "/jobs/{odd}",
    "/pipelines/{odd}/info",
    "/?pipeline={odd}",
    "/videos/?pipeline={odd}&state={odd}&cursor={odd}",
    "/videos/{odd}/",
    "/admin/login/?next={odd}",
    "/admin/{odd}/",
    "/static/{odd}",
    "/{odd}",
)
OUTSIDE = (
    "/static/../manage.py",
    "/static/%2e%2e/manage.py",
    "/static/..%2fmanage.py",
    "/static/js/..%5c..%5cmanage.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/....//manage.py",
    "/static/js/../../forgesyte/settings.py",
    "/..%2f..%2fetc/passwd",
    "/jobs/..%2f..%2f/video",
    "//etc/passwd",
    "/static/js/live/main.js%00.html",
    "/%c0%ae%c0%ae/manage.py",
    "http://evil.example/static/../manage.py",
    "*",
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("odd")
    if request.param == "sqlite":
        prepare(data_dir)
        with serving(data_dir) as running:
            yield running
        return
    with running_postgres() as url:
        prepare(data_dir, DATABASE_URL=url)
        with serving(data_dir, DATABASE_URL=url) as running:
            yield running


def ask(server: LiveServer, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str, bytes]:
    """Status, head and content of a request whose path goes out as it is."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        content = content.partition(b"\r\n")[2].rpartition(b"\r\n0\r\n")[0]
    return int(head.split()[1]), head.decode("latin-1"), content


@pytest.mark.parametrize("odd", [NUL, f"a{NUL}b", HALF, "%ff", "a" * 4000, "-1", "9" * 400, "%0d%0aX-Evil:1"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_text_in_an_address_is_an_error_of_the_server(server: LiveServer, address: str, odd: str) -> None:
    status, head, _ = ask(server, address.format(odd=odd))
    assert status < 500
    assert "\nX-Evil" not in head


@pytest.mark.parametrize(
    "field", ["pipeline_id", "plugin_id", "tool", "params", "device", "frame_stride", "nothing"]
)
def test_no_text_in_a_form_is_an_error_of_the_server(server: LiveServer, field: str) -> None:
    parts = (f'{field}"\r\n\r\na\0b', 'file"; filename="a\0.png"\r\n\r\nno picture')
    body = "".join(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part}\r\n' for part in parts)
    content = f"{body}--{BOUNDARY}--\r\n".encode()
    for path in (
        "/video/submit",
        "/video/submit?pipeline_id=%00",
        "/pipelines/%00/run",
        "/pipelines/quick/run",
    ):
        status, _, answer = ask(server, path, content, f"multipart/form-data; boundary={BOUNDARY}")
        assert 400 <= status < 500
        assert json.loads(answer)["error"] != "internal_error"


@pytest.mark.parametrize("odd", [NUL, f"quick{NUL}", HALF, quote("../../etc/passwd")])
@pytest.mark.parametrize("path", ["/ws/video/stream?pipeline_id=", "/realtime?job_id="])
def test_no_text_of_a_socket_is_an_error_of_the_server(server: LiveServer, path: str, odd: str) -> None:
    with connect(f"ws://127.0.0.1:{server.port}{path}{odd}") as opened:
        assert "internal_error" not in str(opened.recv(PATIENCE_S))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "file://"])
@pytest.mark.parametrize("path", ["/ws/video/stream?pipeline_id=quick", "/realtime", "/v1/realtime"])
def test_pages_of_other_sites_open_no_socket(server: LiveServer, path: str, origin: str) -> None:
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"ws://127.0.0.1:{server.port}{path}", additional_headers={"Origin": origin}),
    ):
        pytest.fail("it is let in")


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_the_static_files(server: LiveServer, path: str) -> None:
    status, head, content = ask(server, path)
    assert status == (400 if "%00" in path else 404)
    assert "nosniff" in head
    assert b"DJANGO_SETTINGS_MODULE" not in content
    assert b"root:" not in content


def test_static_files_come(server: LiveServer) -> None:
    status, head, _ = ask(server, "/static/js/live/main.js")
    assert status == 200
    assert "javascript" in head
    assert "nosniff" in head


def test_the_log_has_no_error_and_one_object_a_line(server: LiveServer) -> None:
    ask(server, f"/nothing{NUL}%0a%7b")
    lines = [json.loads(line) for line in Path(server.log).read_text().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] == "error"] == []
