"""Runs many load-test clients in one process and reports their progress over a pipe."""

import asyncio
import gc
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from loadtest.clients.answer_log import AnswerLog, Outcome
from loadtest.clients.client import Session, clock
from loadtest.clients.records import SessionRecord
from loadtest.patterns import Visit
from loadtest.plan import LoadPlan

REPORT_EVERY_S = 1.0
CONNECT_AT_ONCE = 16


@dataclass(frozen=True)
class ClientTask:
    """The task of one client process: the plan, the server and the visits that it plays."""

    plan: LoadPlan
    url: str
    visits: tuple[Visit, ...]
    frames: tuple[bytes, ...]


@dataclass(frozen=True)
class Ready:
    """The sessions of the beginning are open and have been answered."""


@dataclass(frozen=True)
class Go:
    """The run begins, at this time of the clock."""

    start: float


@dataclass(frozen=True)
class Progress:
    """The progress of one process: the outcomes of its frames, and the round trips since the last report."""

    sessions: int
    counts: dict[Outcome, int]
    round_trips_s: tuple[float, ...]


@dataclass(frozen=True)
class Finished:
    """All that was seen, and the CPU time that the clients took from the start on."""

    records: tuple[SessionRecord, ...]
    cpu_s: float


def main(connection: Connection, task: ClientTask) -> None:
    """The process: carry out the task, and tell of it over the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A collection would walk over every frame that was noted, and an answer would wait for it.
    gc.disable()
    try:
        asyncio.run(ClientProcess(connection, task).run())
    except* (EOFError, OSError):
        # Whoever started this is gone.
        pass


class ClientProcess:
    """The sessions of one process."""

    def __init__(self, connection: Connection, task: ClientTask) -> None:
        self._connection = connection
        self._plan = task.plan
        self._sessions = [Session(task.plan, visit, task.url, task.frames) for visit in task.visits]
        self._present = 0

    async def run(self) -> None:
        """Arrive, wait for the start, carry out every visit, tell what was seen."""
        try:
            await self._arrive([session for session in self._sessions if session.visit.joins_s == 0])
            self._connection.send(Ready())
            go: Go = await asyncio.to_thread(self._connection.recv)
            began_s = time.process_time()
            await self._visit_all(go.start)
            cpu_s = time.process_time() - began_s
        finally:
            await asyncio.gather(*(session.leave() for session in self._sessions))
        self._connection.send(Finished(tuple(session.record() for session in self._sessions), cpu_s))

    async def _visit_all(self, start: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            visits = [tasks.create_task(self._visit(session, start)) for session in self._sessions]
            reporter = tasks.create_task(self._report())
            await asyncio.wait(visits)
            reporter.cancel()

    async def _arrive(self, sessions: Sequence[Session]) -> None:
        """Those of the beginning come in a few at a time, and then warm the server up together."""
        door = asyncio.Semaphore(CONNECT_AT_ONCE)

        async def enter(session: Session) -> None:
            async with door:
                await session.arrive()

        await asyncio.gather(*map(enter, sessions))
        await asyncio.gather(*(session.warm_up(self._plan.warm_up_s) for session in sessions))

    async def _visit(self, session: Session, start: float) -> None:
        if session.visit.joins_s > 0:
            await asyncio.sleep(max(start + session.visit.joins_s - clock(), 0))
            await session.arrive()
        self._present += 1
        await session.stay(start)
        self._present -= 1
        await session.leave()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            logs = [session.answer_log for session in self._sessions]
            self._connection.send(progress_of(logs, self._present))


def progress_of(logs: Sequence[AnswerLog], present: int) -> Progress:
    """The progress of these sessions; takes their fresh round trips out of their logs."""
    counts = {outcome: sum(log.counts[outcome] for log in logs) for outcome in Outcome}
    fresh_s = tuple(seconds for log in logs for seconds in log.fresh_s)
    for log in logs:
        log.fresh_s.clear()
    return Progress(present, counts, fresh_s)
