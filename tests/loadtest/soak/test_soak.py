import os
import threading
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from loadtest.own_server import OwnServer
from loadtest.plan import LoadPlan
from loadtest.soak import soak as soaks
from loadtest.soak.job_tasks import SoakEnded, kills_a_worker
from loadtest.soak.network_faults import Act
from loadtest.soak.soak import errors_logged, soak, target_of
from loadtest.soak.target import Busy, Target, Unexpected
from loadtest.soak.wording import soak_lines
from tests.loadtest.soak.scripted import target_at

FIGURES: dict[str, Any] = {"problems": ["one before"]}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soaks, "REST_S", 0)
    monkeypatch.setattr(soaks, "PAUSE_S", 0.001)
    monkeypatch.setattr(soaks, "SAMPLE_EVERY_AT_LEAST_S", 0.001)


def soaked(monkeypatch: pytest.MonkeyPatch, *acts: Act, **more: Any) -> dict[str, Any]:
    """The figures once each of these has been there a few times."""
    enough = threading.Event()
    times = dict.fromkeys(acts, 0)

    def counted(act: Act) -> Act:
        def repeated(target: Target) -> None:
            times[act] += 1
            if min(times.values()) >= 8:
                enough.set()
            act(target)

        repeated.__name__ = act.__name__
        return repeated

    def run() -> dict[str, Any]:
        assert enough.wait(10)
        return FIGURES

    monkeypatch.setattr(soaks, "ACTS", [counted(act) for act in acts])
    return soak(target_at("http://127.0.0.1:1", **more), 0.0, run)


def does_well(target: Target) -> None:
    pass


def is_refused(target: Target) -> None:
    raise Busy


def meets_a_fault(target: Target) -> None:
    raise Unexpected("500")


def loses_touch(target: Target) -> None:
    raise HTTPException


def test_what_clients_meet_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = soaked(monkeypatch, does_well, is_refused, meets_a_fault, loses_touch, pid=os.getpid())
    clients = figures["soak"]["clients"]
    assert clients["does well"]["done"] >= 8
    assert clients["is refused"]["refused"] >= 8
    assert clients["meets a fault"]["failed"] >= 8
    assert figures["problems"][0] == "one before"
    assert figures["problems"].count("meets a fault: 500") == 5
    assert figures["problems"].count("loses touch: HTTPException") == 5
    memory = figures["soak"]["samples"]["server memory (RSS, MB)"]
    assert memory[0][1] > 10
    assert "not judged" in "\n".join(soak_lines(figures["soak"]))


def reads_what_is_not_there(target: Target) -> None:
    raise KeyError("job_id")


def test_an_answer_of_another_form_is_a_fault_and_ends_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = soaked(monkeypatch, reads_what_is_not_there)
    assert figures["soak"]["clients"]["reads what is not there"]["failed"] >= 8
    assert "reads what is not there: KeyError('job_id')" in figures["problems"]


def test_a_server_elsewhere_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = soaked(monkeypatch, does_well)
    assert figures["soak"]["flatness"] == {}
    assert soak_lines(figures["soak"])[0].startswith("The server was not watched")
    assert figures["problems"] == ["one before"]


def test_a_server_that_is_gone_gives_no_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    assert soaked(monkeypatch, does_well, pid=2**22 - 1)["soak"]["samples"]["server threads"] == []


def test_what_grows_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soaks, "flatness", lambda series, tolerance: {"flat": False, "max": 7.0})
    figures = soaked(monkeypatch, does_well, pid=os.getpid())
    assert {"Not flat: server descriptors", "Not flat: workers threads"} <= set(figures["problems"])
    assert "grows" in "\n".join(soak_lines(figures["soak"]))


def test_workers_that_are_killed_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soaks, "flatness", lambda series, tolerance: {"flat": False, "max": 7.0})
    figures = soaked(monkeypatch, does_well, pid=os.getpid(), kills=True)
    assert figures["soak"]["flatness"]["workers threads"]["flat"] is None
    assert "Not flat: server descriptors" in figures["problems"]


def test_workers_of_others_are_neither_killed_nor_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soaks, "ACTS", [does_well, kills_a_worker])
    clients = soak(target_at("http://127.0.0.1:1"), 0.0, lambda: FIGURES)["soak"]["clients"]
    assert list(clients) == ["does well"]


def test_who_waits_when_it_ends_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(target: Target) -> None:
        target.stopping.wait()
        raise SoakEnded

    monkeypatch.setattr(soaks, "ACTS", [waits])
    assert soak(target_at("http://127.0.0.1:1"), 0.0, lambda: FIGURES)["problems"] == ["one before"]


def test_who_does_not_come_to_an_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hangs(target: Target) -> None:
        released.wait()

    monkeypatch.setattr(soaks, "ACTS", [hangs])
    monkeypatch.setattr(soaks, "JOIN_WITHIN_S", 0)
    figures = soak(target_at("http://127.0.0.1:1"), 0.0, lambda: FIGURES)
    released.set()
    assert figures["problems"] == ["one before", "hangs: did not come to an end"]


def test_errors_in_the_log_are_problems(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        '{"level": "error", "event": "boom 00000000-0000-4000-8000-000000000000"}\n'
        '{"level": "info", "event": "fine"}\nTraceback (most recent)\n'
        '{"level": "error", "event": "boom 00000000-0000-4000-8000-000000000001"}\nplain words\n'
    )
    assert errors_logged(log) == [
        "The server logged an error 2 times: boom ID",
        "The server logged an error 1 times: Traceback (most recent)",
    ]
    assert errors_logged(None) == []


def test_only_a_server_of_our_own_loses_workers(tmp_path: Path) -> None:
    plan = LoadPlan(size_wh=(64, 48))
    own = target_of(plan, OwnServer("http://127.0.0.1:1", 17, tmp_path / "log"))
    assert (own.pid, own.kills, own.log) == (17, True, tmp_path / "log")
    other = target_of(plan, OwnServer("http://127.0.0.1:1"))
    assert (other.pid, other.kills, other.log) == (None, False, None)
    assert len(other.large_film) > 12_000_000 > len(other.film) > 1000
