"""Whole runs: clients in processes of their own, against small servers."""

import asyncio
import os
from multiprocessing.connection import Connection
from typing import Any

import pytest

from loadtest import run
from loadtest.clients import client_process
from loadtest.clients.records import State
from loadtest.plan import BadPlan, LoadPlan
from loadtest.report.figures import figures_of
from loadtest.run import LoadFailed, Run, run_load
from tests.loadtest.servers import by_index, falls_silent, running

PLAN = LoadPlan(sessions=3, fps=20, duration_s=1.2, warm_up_s=0, processes=2)
FRAMES = (b"one", b"two")


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "REST_S", 0.01)
    monkeypatch.setattr(run, "SAMPLE_EVERY_S", 0.1)


def test_a_run_with_two_processes() -> None:
    states: list[State] = []
    with running(by_index) as url:
        result = run_load(PLAN, url + "stream", frames=FRAMES, tell=states.append)
    figures = figures_of(result)
    assert figures["problems"] == []
    assert figures["run"]["sent"] == figures["run"]["answered"] == 3 * 24
    assert [record.visit.place for record in result.records] == [0, 1, 2]
    assert result.url == url + "stream"
    assert states[0].elapsed_s is None
    assert states[-1].elapsed_s is not None
    assert max(state.sessions for state in states) == 3
    # The small server lives in this very process, which is found by its port.
    assert figures["server"]["memory_mb_max"] > 10
    assert states[-1].server is not None


def test_pictures_are_made_where_none_are_given() -> None:
    sizes: set[int] = set()

    def weigh(socket: Any) -> None:
        for frame in socket:
            sizes.add(len(frame))
            socket.send("{}")

    with running(weigh) as url:
        result = run_load(PLAN.with_(duration_s=0.5), url, server_pid=os.getpid())
    assert figures_of(result)["problems"] == []
    assert min(sizes) > 5000


def test_frames_without_answers_are_a_problem() -> None:
    with running(falls_silent) as url:
        result = run_load(PLAN.with_(duration_s=0.5, answer_within_s=0.1), url, frames=FRAMES)
    assert figures_of(result)["problems"] == ["30 of 33 frames got no answer"]


def test_a_server_that_is_not_there_is_told_and_nothing_waits() -> None:
    result = run_load(PLAN, "ws://127.0.0.1:1/", frames=FRAMES)
    assert all(record.ended.startswith("cannot connect") for record in result.records)
    assert figures_of(result)["problems"] == ["No frame got a result"]
    assert result.server == ()


def test_nonsense_is_refused() -> None:
    with pytest.raises(BadPlan):
        run_load(PLAN, "nowhere://", frames=FRAMES)


async def test_it_may_be_called_from_a_thread() -> None:
    with running(by_index) as url:
        plan = PLAN.with_(duration_s=0.3, processes=1)
        result = await asyncio.to_thread(run_load, plan, url, frames=FRAMES)
    assert figures_of(result)["problems"] == []


def pipes() -> tuple[Connection, Connection]:
    return run.multiprocessing.Pipe()  # type: ignore[attr-defined, no-any-return]


def test_clients_that_die_end_the_run() -> None:
    ours, theirs = pipes()
    theirs.close()
    with pytest.raises(LoadFailed, match="has died"):
        Run(PLAN, None, lambda state: None).watch([ours])


def test_clients_that_say_nothing_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SPARE_S", -1e6)
    ours, theirs = pipes()
    with pytest.raises(LoadFailed, match="1 processes of clients do not answer"):
        Run(PLAN, None, lambda state: None).watch([ours])
    theirs.close()


def test_a_process_that_does_not_go_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "END_WITHIN_S", 0)
    with running(by_index) as url, run.running_clients(PLAN, url, FRAMES) as connections:
        assert isinstance(connections[0].recv(), client_process.Ready)
