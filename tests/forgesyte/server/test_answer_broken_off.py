"""Answers that cannot be sent to their end, on real sockets: the client knows, and the server goes on."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.demo_runner import ROOT

PATIENCE_S = 20.0
BEGUN = ("raises", "expected", "cancelled", "wrong", "nonsense", "nothing")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[psutil.Process, int]]:
    """A server process with an application that breaks, and its port."""
    log = tmp_path_factory.mktemp("broken") / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forgesyte.server.broken_app"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout
    try:
        yield psutil.Process(process.pid), int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert "Unhandled" not in log.read_text()


def get(port: int, path: str, method: str = "GET", version: int = 11) -> tuple[int, bytes]:
    """The status and the whole answer; raises HTTPException or ConnectionError where it is not whole."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection._http_vsn, connection._http_vsn_str = version, f"HTTP/1.{version % 10}"  # type: ignore[attr-defined]
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def is_cut(port: int, path: str, **how: int) -> bool:
    """True if a client can tell that the answer is not whole."""
    try:
        get(port, path, **how)  # type: ignore[arg-type]
    except (http.client.IncompleteRead, ConnectionError):
        return True
    return False


def until_forgotten(port: int) -> None:
    """Wait until the server has forgotten all but the request that asks; it looks once a second."""
    deadline = time.monotonic() + PATIENCE_S
    while (remembered := json.loads(get(port, "/remembered")[1])) != [1, 1]:
        assert time.monotonic() < deadline, f"connections and requests: {remembered}"
        time.sleep(0.1)


@pytest.mark.parametrize("how", BEGUN)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_answer_that_breaks_off_is_cut(broken: tuple[psutil.Process, int], how: str, framing: str) -> None:
    assert is_cut(broken[1], f"/begun/{framing}/{how}")


def test_an_old_client_sees_it_too(broken: tuple[psutil.Process, int]) -> None:
    assert is_cut(broken[1], "/begun/chunked/raises", version=10)


def test_an_answer_shorter_than_announced_is_cut(broken: tuple[psutil.Process, int]) -> None:
    assert is_cut(broken[1], "/begun/length/short")
    assert get(broken[1], "/begun/chunked/short") == (200, b"piece")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("how", ["raises", "nothing", "nonsense"])
def test_before_its_beginning_it_is_a_500_that_tells_nothing(
    broken: tuple[psutil.Process, int], method: str, how: str
) -> None:
    status, body = get(broken[1], f"/before/{how}", method)
    assert status == 500
    assert b"secret" not in body


def test_sockets_that_break(broken: tuple[psutil.Process, int]) -> None:
    url = f"ws://127.0.0.1:{broken[1]}"
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{url}/early")
    assert refused.value.response.status_code == 500
    for path, code in (("late", 1011), ("closed", 4400)):
        with connect(f"{url}/{path}") as socket:
            socket.recv_events_thread.join(PATIENCE_S)
        assert socket.close_code == code


def test_nothing_is_remembered(broken: tuple[psutil.Process, int]) -> None:
    process, port = broken
    until_forgotten(port)
    files = process.num_fds()

    for _ in range(60):
        for how in BEGUN:
            assert is_cut(port, f"/begun/chunked/{how}")

    until_forgotten(port)
    assert process.num_fds() <= files
