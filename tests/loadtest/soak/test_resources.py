import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from loadtest.soak import resources
from loadtest.soak.resources import sample, workers_of

CHILD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[2])
held.execute("create table t(a)")
print()
input()
"""


@pytest.fixture
def child(tmp_path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, "run_worker", str(tmp_path / "other.sqlite3")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process


def test_what_is_held(
    child: "subprocess.Popen[str]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        before = sample(os.getpid(), 1.0)
        database = sqlite3.connect(tmp_path / "db.sqlite3")
        database.execute("create table t(a)")
        with socket.create_server(("127.0.0.1", 0)) as postgresql:
            port = postgresql.getsockname()[1]
            monkeypatch.setattr(resources, "POSTGRESQL_PORT", port)
            with socket.create_connection(("127.0.0.1", port)):
                after = sample(os.getpid(), 2.0)
        database.close()
        assert before
        assert after
        assert after.at == 2.0
        assert after.server.database == before.server.database + 2
        assert after.server.descriptors == before.server.descriptors + 3
        assert after.server.rss_mb >= after.server.private_mb > 20
        assert after.server.threads >= 1
        assert after.beside.processes >= 1
        assert after.beside.database == 1
        assert child.pid in [process.pid for process in workers_of(os.getpid())]
    finally:
        child.communicate("\n")


def test_other_children_are_no_workers() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert other.pid not in [process.pid for process in workers_of(os.getpid())]
        other.communicate(b"\n")


def test_a_process_that_has_ended_holds_not_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert sample(ended.pid, 1.0) is None


def test_another_users_process_holds_not_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(process: psutil.Process) -> None:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "memory_full_info", denied)
    assert sample(os.getpid(), 1.0) is None


def test_a_process_that_is_gone(child: "subprocess.Popen[str]") -> None:
    child.communicate("\n")
    assert sample(child.pid, 1.0) is None
    assert workers_of(child.pid) == []
