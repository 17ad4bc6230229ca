"""The file by which the workers of one host know that another lives."""

import socket
from pathlib import Path

import pytest

from jobs.worker.liveness import SUFFIX, Liveness, host_name, is_alive, new_worker_id


@pytest.mark.parametrize(
    ("told", "name"),
    [("box", "box"), ("Box-1.lan", "Box_1_lan"), ("a/b c", "a_b_c"), ("x" * 33, "x" * 32), ("", "host")],
)
def test_the_host_is_named_as_a_file_may_be(monkeypatch: pytest.MonkeyPatch, told: str, name: str) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: told)
    assert host_name() == name
    assert new_worker_id().startswith(f"{name}-")


def test_a_worker_that_is_done_leaves_no_file(tmp_path: Path) -> None:
    worker_id = new_worker_id()
    liveness = Liveness(tmp_path, worker_id)
    assert [path.name for path in tmp_path.iterdir()] == [f"{worker_id}{SUFFIX}"]
    assert is_alive(tmp_path, worker_id)
    liveness.end()
    assert list(tmp_path.iterdir()) == []
    assert not is_alive(tmp_path, worker_id)


def test_a_worker_can_end_though_its_file_is_gone(tmp_path: Path) -> None:
    worker_id = new_worker_id()
    liveness = Liveness(tmp_path, worker_id)
    (tmp_path / f"{worker_id}{SUFFIX}").unlink()
    liveness.end()
    assert not is_alive(tmp_path, worker_id)
