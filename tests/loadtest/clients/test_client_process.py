"""A process full of clients, here in the process of the test."""

import gc
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from loadtest.clients import client_process
from loadtest.clients.answer_log import AnswerLog, Outcome
from loadtest.clients.client import clock
from loadtest.patterns import visits
from loadtest.plan import LoadPlan, Pattern
from tests.loadtest.servers import by_index, running

PLAN = LoadPlan(sessions=3, fps=20, duration_s=0.4, warm_up_s=0)
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients have a process of its own, which it may set up as it likes."""
    monkeypatch.setattr(client_process, "REPORT_EVERY_S", 0.1)
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)
    gc.enable()


def task(url: str, plan: LoadPlan) -> client_process.ClientTask:
    return client_process.ClientTask(plan, url, tuple(visits(plan)), (b"one", b"two"))


def hear(connection: Connection) -> Any:
    assert connection.poll(PATIENCE_S), "the client process says nothing"
    return connection.recv()


@pytest.mark.parametrize("plan", [PLAN, PLAN.with_(pattern=Pattern.RAMP), PLAN.with_(pattern=Pattern.CHURN)])
def test_a_process_carries_out_every_visit(plan: LoadPlan) -> None:
    ours, theirs = multiprocessing.Pipe()
    heard: list[object] = []

    def start_them() -> None:
        heard.append(hear(ours))
        ours.send(client_process.Go(clock() + 0.05))
        while not isinstance(heard[-1], client_process.Finished):
            heard.append(hear(ours))

    outside = threading.Thread(target=start_them)
    outside.start()
    with running(by_index) as url:
        client_process.main(theirs, task(url, plan))
    outside.join(PATIENCE_S)
    ready, *progress, finished = heard
    assert isinstance(ready, client_process.Ready)
    assert isinstance(finished, client_process.Finished)
    assert [record.visit for record in finished.records] == visits(plan)
    assert [record.ended for record in finished.records] == [""] * len(visits(plan))
    assert all(isinstance(message, client_process.Progress) for message in progress)
    assert max(message.sessions for message in progress if isinstance(message, client_process.Progress)) >= 1


def test_a_process_ends_when_nobody_listens_any_more() -> None:
    ours, theirs = multiprocessing.Pipe()

    def start_and_go() -> None:
        hear(ours)
        ours.send(client_process.Go(clock()))
        ours.close()

    outside = threading.Thread(target=start_and_go)
    outside.start()
    with running(by_index) as url:
        client_process.main(theirs, task(url, PLAN.with_(duration_s=60.0)))
    outside.join(PATIENCE_S)


def test_a_process_ends_when_nobody_starts_it() -> None:
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    with running(by_index) as url:
        client_process.main(theirs, task(url, PLAN))


def test_round_trips_are_told_once() -> None:
    book = AnswerLog()
    book.warming_up = False
    book.sent(1.0)
    book.read("{}", 1.5)
    book.sent(2.0)
    first, second = client_process.progress_of([book], 1), client_process.progress_of([book], 1)
    assert (first.round_trips_s, second.round_trips_s) == ((0.5,), ())
    assert first.counts[Outcome.RESULT] == second.counts[Outcome.UNANSWERED] == 1
