import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from loadtest.sampling import ServerSampler, is_this_machine, listener

BUSY = """
import sys
sys.stdin.read(1)
memory = bytearray(50_000_000)
sum(range(10_000_000))
print("done", flush=True)
sys.stdin.read()
"""
PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])"


@pytest.fixture
def parent() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_children_count(parent: "subprocess.Popen[str]") -> None:
    assert parent.stdin
    assert parent.stdout
    try:
        now = time.perf_counter()
        sampler = ServerSampler(parent.pid, now)
        parent.stdin.write("x")
        parent.stdin.flush()
        assert parent.stdout.readline() == "done\n"
        sample = sampler.sample(now + 1)
        assert sample is not None
        assert sample.processes == 2
        assert sample.cpu_percent > 1
        assert sample.memory_mb > 50
        parent.communicate("")
        assert sampler.sample(now + 2) is None
    finally:
        parent.kill()
        parent.communicate()


def test_a_process_that_is_new_has_spent_all_it_has() -> None:
    sampler = ServerSampler(os.getpid(), 1.0)
    assert sampler.sample(1.0) is not None, "no time passed"


def test_there_is_no_such_process() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(psutil.Error):
        ServerSampler(gone.pid, 0.0)


def test_a_server_is_found_by_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listener(f"http://127.0.0.1:{port}") == os.getpid()
        assert listener(f"127.0.0.1:{port}") == os.getpid()
    assert listener(f"ws://127.0.0.1:{port}/ws") is None


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/", "https://no-such-host.invalid", "http:///"])
def test_other_machines_are_left_alone(url: str) -> None:
    assert listener(url) is None


def test_where_nobody_may_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    assert listener("http://127.0.0.1:8000") is None


def test_the_names_of_this_machine() -> None:
    assert is_this_machine("localhost")
    assert not is_this_machine("192.0.2.1")
