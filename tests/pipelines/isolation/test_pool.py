"""Calls in processes of their own: what they give, what they cannot take, and that nothing stays of them."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from pipelines.isolation import pool
from pipelines.isolation.pool import Busy, Crashed, OverBudget, Pool, run_isolated
from tests.pipelines.isolation import isolated_calls as calls

ON_LINUX = sys.platform == "linux"
linux_only = pytest.mark.skipif(not ON_LINUX, reason="only Linux keeps this limit")


def run(function: Any, *args: Any, memory_mb: int = 200, deadline_s: float = 30, **options: Any) -> Any:
    return run_isolated(function, *args, memory_mb=memory_mb, deadline_s=deadline_s, **options)


def test_a_call_gives_what_the_function_returns() -> None:
    assert run(calls.add, 2, 3) == 5
    assert run(calls.point, 4) == calls.Point(4, "there")
    picture = run(calls.picture, 1000)
    assert picture.shape == (1000, 1000, 3)
    assert picture.flags.writeable
    assert np.all(picture == 7)


def test_a_call_raises_what_the_function_raises_with_its_traceback_as_a_note() -> None:
    with pytest.raises(calls.Refused, match=r"^too large\n") as raised:
        run(calls.refuse)
    assert raised.value.status == 413
    assert "in refuse" in raised.value.__notes__[0]


def test_an_error_of_another_library_is_told_by_name() -> None:
    with pytest.raises(RuntimeError, match=r"^LinAlgError: singular\n"):
        run(calls.foreign_error)


def test_a_child_cannot_have_its_parent_call_something() -> None:
    with pytest.raises(Crashed, match=r"posix\.system is not expected from a child"):
        run(calls.evil)


def test_a_child_cannot_change_a_class_of_its_parent() -> None:
    point = pickle.GLOBAL + f"{calls.__name__}\nPoint\n".encode()
    state = (
        pickle.NONE + pickle.EMPTY_DICT + pickle.UNICODE + b"where\n" + pickle.INT + b"1\n" + pickle.SETITEM
    )
    changed = point + state + pickle.TUPLE2 + pickle.BUILD + pickle.STOP
    with pytest.raises(Crashed, match=r"the class Point is not to be changed"):
        pool.unpickled(bytearray(changed), [], "tests")
    assert not hasattr(calls.Point, "where")


@linux_only
def test_memory_is_bounded_and_the_caller_does_not_grow() -> None:
    assert run(calls.fill, 150) == 150 * 1024**2
    before = psutil.Process().memory_info().rss
    with pytest.raises(OverBudget, match=r"^It needs more than 200 MB of memory$") as raised:
        run(calls.fill, 2000)
    assert raised.value.of == "memory"
    assert psutil.Process().memory_info().rss - before < 8 * 1024**2


@pytest.mark.parametrize("function", [calls.hang, calls.burn])
def test_time_is_bounded(function: Any) -> None:
    started = time.monotonic()
    with pytest.raises(OverBudget, match=r"^It takes more than 0\.2 s$") as raised:
        run(function, deadline_s=0.2)
    assert raised.value.of == "time"
    assert 0.2 <= time.monotonic() - started < 5


def test_a_crash_of_native_code_costs_one_call() -> None:
    with pytest.raises(Crashed, match=r"^Its process ended with signal SIGSEGV$"):
        run(calls.crash)
    assert run(calls.add, 1, 1) == 2


def test_a_child_can_write_to_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File too large"):
        run(calls.write_file, str(tmp_path / "file"))
    assert (tmp_path / "file").stat().st_size == 0


@linux_only
def test_a_child_has_no_secrets_no_descriptors_and_no_heavy_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hidden")
    pool.stop_server()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.set_inheritable(listening.fileno(), True)
        found = run(calls.surroundings)
    assert "SECRET_KEY" not in found["environ"]
    assert found["descriptors"][:3] == ["/dev/null"] * 3
    assert [link.partition(":")[0] for link in found["descriptors"][3:]] == ["socket"]
    assert found["threads"] == 1
    assert not {"django", "torch", "channels"} & set(found["modules"])


def test_the_noise_of_libraries_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    pool.stop_server()
    assert run(calls.speak) == 1
    assert capfd.readouterr() == ("", "")


class Witness:
    """Listens to processes that hang; `wait_until_dead` returns when all are gone."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "witness")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.settimeout(60)
        self._listening.bind(self.address)
        self._listening.listen()

    def wait_until_alive(self, processes: int = 2) -> None:
        self._connection, _ = self._listening.accept()
        self._connection.settimeout(60)
        for _ in range(processes):
            assert self._connection.recv(1) == b"!"

    def wait_until_dead(self) -> None:
        assert self._connection.recv(1) == b""

    def close(self) -> None:
        self._connection.close()
        self._listening.close()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    found = Witness(tmp_path)
    yield found
    found.close()


def test_what_a_child_started_ends_with_it(witness: Witness) -> None:
    with pytest.raises(OverBudget):
        run(calls.hang_with_grandchild, witness.address, deadline_s=0.5)
    witness.wait_until_alive()
    witness.wait_until_dead()


def test_children_die_when_the_caller_is_killed(witness: Witness) -> None:
    program = (
        "import sys; from pipelines.isolation.pool import run_isolated\n"
        "from tests.pipelines.isolation import isolated_calls as calls\n"
        "run_isolated(calls.hang_with_grandchild, sys.argv[1], memory_mb=100, deadline_s=600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, witness.address]) as caller:
        witness.wait_until_alive()
        caller.kill()
    witness.wait_until_dead()


@linux_only
def test_the_process_beside_is_started_again_when_it_was_killed(witness: Witness) -> None:
    raised: list[BaseException] = []

    def call() -> None:
        try:
            run(calls.hang_connected, witness.address, deadline_s=600)
        except Crashed as error:
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    witness.wait_until_alive(1)
    server = pool.running_server()
    os.kill(server._process.pid, signal.SIGKILL)
    thread.join(20)
    assert [str(error) for error in raised] == ["Its process ended without an answer"]
    assert run(calls.add, 1, 1) == 2
    witness.wait_until_dead()


def test_only_a_few_run_and_wait_and_no_one_waits_for_ever() -> None:
    pool = Pool(at_once=1, waiting=1, wait_s=0.05)
    with pool.place():
        with pytest.raises(Busy, match=r"^Nothing became free within 0\.05 s$"):
            run(calls.add, 1, 1, pool=pool)
        impatient = Pool(at_once=1, waiting=0)
        with impatient.place(), pytest.raises(Busy, match=r"^Too many calls wait already$"):
            run(calls.add, 1, 1, pool=impatient)
    assert run(calls.add, 1, 1, pool=pool) == 2
