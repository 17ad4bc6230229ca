"""The web server and large bodies, on real sockets: never in memory, refused in time, gone when cut off."""

import http.client
import io
import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.pipelines.clips import write_clip
from tests.streaming.live import PATIENCE_S, SERVERS, LiveServer, prepare
from tests.streaming.live import serving as running_server

MEGABYTE = 1024 * 1024
PIECE = bytes(MEGABYTE)
BOUNDARY = b"the-end-of-a-part"
HEAD = (
    b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="pipeline_id"\r\n\r\nquick\r\n'
    b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
    b"Content-Type: video/mp4\r\n\r\n"
)
TAIL = b"\r\n--" + BOUNDARY + b"--\r\n"
SUBMIT = "/video/submit"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"
BIG = 64


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("bodies")
    prepare(folder)
    limits = {"JOBS_MAX_UPLOAD_MB": "70", "JOBS_MIN_FREE_MB": "0", "FORGESYTE_WORKERS": "0"}
    with running_server(folder, server=request.param, **limits) as running:
        yield running
    said = [json.loads(text) for text in running.log.read_text().splitlines() if text.startswith("{")]
    assert [found for found in said if found["level"] == "error"] == []


@pytest.fixture
def line(server: LiveServer) -> Iterator[http.client.HTTPConnection]:
    """A connection to the server."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    yield connection
    connection.close()


def video(folder: Path, padding: int) -> bytes:
    """The beginning of a video that ends in so many bytes of nothing, which are yet to come."""
    head = write_clip(folder / "clip.mp4").read_bytes()
    return head + (padding + 8).to_bytes(4) + b"free"


def multipart(content: bytes, padding: int) -> Iterator[bytes]:
    """A body with a file of this content and so many zeros behind it."""
    yield HEAD + content
    for start in range(0, padding, MEGABYTE):
        yield PIECE[: padding - start]
    yield TAIL


def submit(line: http.client.HTTPConnection, content: bytes, padding: int = 0) -> tuple[int, Any]:
    """Send a file; the status and the answer."""
    length = len(HEAD) + len(content) + padding + len(TAIL)
    headers = {"Content-Type": MULTIPART, "Content-Length": str(length)}
    line.request("POST", SUBMIT, multipart(content, padding), headers)
    return answer(line)


def answer(line: http.client.HTTPConnection) -> tuple[int, Any]:
    response = line.getresponse()
    return response.status, json.loads(response.read())


def memory_mb(server: LiveServer, name: str) -> float:
    """`VmRSS` now, or `VmHWM`, the most since `forget_peak`."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def rise_mb(server: LiveServer, work: Callable[[], None]) -> float:
    """The most memory that the server takes in addition while `work` runs."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    before = memory_mb(server, "VmRSS")
    work()
    return memory_mb(server, "VmHWM") - before


def left_behind(server: LiveServer) -> list[Path]:
    folder = server.data_dir / "uploads"
    return list(folder.iterdir()) if folder.exists() else []


def raw(server: LiveServer, *headers: str, path: str = SUBMIT) -> socket.socket:
    """A socket on which the headers of a request are sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {MULTIPART}", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def read_answer(connection: socket.socket) -> tuple[int, Any]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())


def test_a_large_upload_is_never_in_memory(
    server: LiveServer, line: http.client.HTTPConnection, tmp_path: Path
) -> None:
    content = video(tmp_path, BIG * MEGABYTE)
    assert submit(line, write_clip(tmp_path / "small.mp4").read_bytes())[0] == 202
    jobs: list[str] = []

    def send() -> None:
        status, body = submit(line, content, BIG * MEGABYTE)
        assert status == 202, body
        jobs.append(body["job_id"])

    assert rise_mb(server, send) < BIG / 2
    stored = server.data_dir / "uploads" / jobs[0] / "source.mp4"
    assert stored.stat().st_size == len(content) + BIG * MEGABYTE
    assert stored.read_bytes().startswith(content)


def test_a_large_download_waits_for_its_reader(
    server: LiveServer, line: http.client.HTTPConnection, tmp_path: Path
) -> None:
    content = video(tmp_path, BIG * MEGABYTE)
    _, body = submit(line, content, BIG * MEGABYTE)
    received = 0

    def read() -> None:
        nonlocal received
        line.request("GET", f"/jobs/{body['job_id']}/video")
        response = line.getresponse()
        other = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        for _ in range(50):
            # The server has all the time that it needs to read too far.
            other.request("GET", "/pipelines/list")
            other.getresponse().read()
        other.close()
        while piece := response.read(MEGABYTE):
            received += len(piece)

    assert rise_mb(server, read) < BIG / 2
    assert received == len(content) + BIG * MEGABYTE


def test_a_length_over_the_limit_is_refused_before_anything_is_sent(server: LiveServer) -> None:
    with raw(server, f"Content-Length: {10**12}") as connection:
        status, body = read_answer(connection)

    assert (status, body["error"]) == (413, "file_too_large")
    assert "JOBS_MAX_UPLOAD_MB" in body["detail"]


def test_a_client_that_sends_on_gets_to_read_why(server: LiveServer) -> None:
    with raw(server, f"Content-Length: {100 * MEGABYTE}") as connection:
        for _ in range(100):
            connection.sendall(PIECE)
        status, body = read_answer(connection)

    assert (status, body["error"]) == (413, "file_too_large")


def test_a_wrong_pipeline_in_the_address_is_told_before_anything_is_sent(server: LiveServer) -> None:
    path = f"{SUBMIT}?pipeline_id=nope"
    with raw(server, f"Content-Length: {MEGABYTE}", path=path) as connection:
        assert read_answer(connection)[0] == 404


def test_a_body_without_a_length(
    server: LiveServer, line: http.client.HTTPConnection, tmp_path: Path
) -> None:
    content = write_clip(tmp_path / "clip.mp4").read_bytes()
    headers = {"Content-Type": MULTIPART}
    line.request("POST", SUBMIT, multipart(content, 0), headers, encode_chunked=True)

    assert answer(line)[0] == 202


def test_a_picture_without_a_length(line: http.client.HTTPConnection) -> None:
    """It was taken for a form without a file."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(buffer, "JPEG")
    headers = {"Content-Type": MULTIPART}
    line.request(
        "POST", "/pipelines/quick/run", multipart(buffer.getvalue(), 0), headers, encode_chunked=True
    )

    status, body = answer(line)
    assert (status, "result" in body) == (200, True), body


def test_a_body_without_a_length_and_without_an_end(server: LiveServer) -> None:
    before = left_behind(server)
    with raw(server, "Transfer-Encoding: chunked") as connection:
        connection.sendall(b"%x\r\n%s\r\n" % (len(HEAD), HEAD))
        for _ in range(71):
            connection.sendall(b"%x\r\n%s\r\n" % (MEGABYTE, PIECE))
        status, body = read_answer(connection)

    assert (status, body["error"]) == (413, "file_too_large")
    assert left_behind(server) == before


class TestExpect:
    def test_who_asks_first_is_told_to_send(self, server: LiveServer, tmp_path: Path) -> None:
        body = HEAD + write_clip(tmp_path / "clip.mp4").read_bytes() + TAIL
        with raw(server, f"Content-Length: {len(body)}", "Expect: 100-continue") as connection:
            assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(body)
            assert read_answer(connection)[0] == 202

    def test_who_asks_first_is_refused_at_once(self, server: LiveServer) -> None:
        with raw(server, f"Content-Length: {10**12}", "Expect: 100-continue") as connection:
            assert read_answer(connection)[0] == 413


def test_an_upload_that_breaks_off_leaves_nothing(server: LiveServer) -> None:
    before = left_behind(server)
    connection = raw(server, f"Content-Length: {50 * MEGABYTE}")
    connection.sendall(HEAD + PIECE)
    until(lambda: len(left_behind(server)) == len(before) + 1)

    connection.close()

    until(lambda: left_behind(server) == before)


def test_a_stop_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path) -> None:
    prepare(tmp_path)
    with running_server(tmp_path, FORGESYTE_WORKERS="0", JOBS_MIN_FREE_MB="0") as mortal:
        with raw(mortal, f"Content-Length: {50 * MEGABYTE}") as connection:
            connection.sendall(HEAD + PIECE)
            until(lambda: len(left_behind(mortal)) == 1)

            mortal.process.send_signal(signal.SIGTERM)

            assert mortal.process.wait(PATIENCE_S) == 0
        assert left_behind(mortal) == []


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does, which tells nobody."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_connection_serves_many_requests(
    server: LiveServer, line: http.client.HTTPConnection, tmp_path: Path
) -> None:
    content = write_clip(tmp_path / "clip.mp4").read_bytes()
    line.connect()
    connection = line.sock
    for _ in range(2):
        assert submit(line, content)[0] == 202
        assert line.sock is connection
        line.request("GET", "/jobs?limit=1")
        assert answer(line)[0] == 200
        line.request("POST", "/pipelines/validate", b"{}", {"Content-Type": "application/json"})
        assert answer(line)[1]["valid"] is False
        assert line.sock is connection


def test_elsewhere_large_bodies_are_refused(server: LiveServer) -> None:
    with raw(server, f"Content-Length: {65 * MEGABYTE}", path="/pipelines/validate") as connection:
        assert read_answer(connection)[0] == 413
    with raw(server, "Transfer-Encoding: chunked", path="/admin/login/") as connection:
        for _ in range(65):
            connection.sendall(b"%x\r\n%s\r\n" % (MEGABYTE, PIECE))
        assert read_answer(connection)[0] == 413


def test_headers_that_are_wrong(server: LiveServer) -> None:
    with raw(server, "Content-Length: 10", "Bad\x01Name: x") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_form_of_a_page_that_is_too_large_is_refused_on_a_page(line: http.client.HTTPConnection) -> None:
    """A person got JSON to read."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html,*/*;q=0.8"}
    line.request("POST", "/admin/login/", b"username=" + bytes(300 * 1024), headers)
    response = line.getresponse()
    page = response.read().decode()

    assert (response.status, response.getheader("Content-Type")) == (413, "text/html; charset=utf-8")
    assert "The body is larger than 256 KB" in page
