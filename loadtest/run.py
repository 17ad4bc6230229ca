"""Carries a load test out: starts the processes of clients, watches the server, gathers what was seen."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from loadtest.clients import client_process
from loadtest.clients.answer_log import Outcome
from loadtest.clients.client import clock
from loadtest.clients.frames import load_frames
from loadtest.clients.records import LoadResult, ServerSample, SessionRecord, State
from loadtest.patterns import visits
from loadtest.plan import LoadPlan, stream_url
from loadtest.sampling import ServerSampler, listener

SAMPLE_EVERY_S = 0.5
# Between the word that all are there and the first frame: every process must have heard it.
HEAD_START_S = 0.3
# What a process may take beside its plan, for example to start.
SPARE_S = 60.0
# How long the server is watched after the last session has left.
REST_S = 5.0
END_WITHIN_S = 5.0

Tell = Callable[[State], None]


class LoadFailed(Exception):
    """The clients themselves failed, which says nothing about the server."""


def run_load(
    plan: LoadPlan,
    url: str,
    *,
    frames: Sequence[bytes] | None = None,
    server_pid: int | None = None,
    tell: Tell = lambda state: None,
) -> LoadResult:
    """Send what the plan says to the server at `url`, and tell what came back.

    `frames` are JPEG files that stand for those of the plan's source. `server_pid` is the server whose CPU
    and memory are watched; found by its port where it runs here. `tell` hears of the progress. Raises
    BadPlan, and LoadFailed.
    """
    address = stream_url(url, plan.pipeline_id)
    frames = tuple(frames or load_frames(plan))
    pid = server_pid or listener(url)
    run = Run(plan, ServerSampler(pid, clock()) if pid else None, tell)
    with running_clients(plan, address, frames) as connections:
        run.watch(connections)
    return run.result(address)


class Run:
    """One run, seen from outside of its clients."""

    def __init__(self, plan: LoadPlan, sampler: ServerSampler | None, tell: Tell) -> None:
        self._plan = plan
        self._sampler = sampler
        self._tell = tell
        self._samples: list[ServerSample] = []
        self._progress: dict[Connection, client_process.Progress] = {}
        self._records: list[SessionRecord] = []
        self._cpu_s = 0.0
        self._start: float | None = None

    def watch(self, connections: Sequence[Connection]) -> None:
        """Start all clients at the same moment, and wait until each process has sent its records."""
        deadline = clock() + self._plan.ready_within_s + SPARE_S
        self._until_all(connections, client_process.Ready, deadline)
        self._start = clock() + HEAD_START_S
        for connection in connections:
            connection.send(client_process.Go(self._start))
        patience_s = self._plan.duration_s + self._plan.ready_within_s + self._plan.answer_within_s + SPARE_S
        self._until_all(connections, client_process.Finished, clock() + patience_s)
        self._watch_it_rest()

    def result(self, url: str) -> LoadResult:
        """The records of the run, sessions in the order of their places."""
        assert self._start is not None
        records = sorted(self._records, key=lambda record: (record.visit.place, record.visit.number))
        return LoadResult(self._plan, url, self._start, tuple(records), tuple(self._samples), self._cpu_s)

    def _until_all(self, connections: Sequence[Connection], awaited: type, deadline: float) -> None:
        missing = set(connections)
        look_at = clock()
        while missing:
            for connection in wait(list(missing), max(look_at - clock(), 0)):
                assert isinstance(connection, Connection)
                if isinstance(self._heard_from(connection), awaited):
                    missing.remove(connection)
            if clock() >= look_at:
                look_at = clock() + SAMPLE_EVERY_S
                self._look()
            if clock() > deadline:
                raise LoadFailed(f"{len(missing)} processes of clients do not answer")

    def _watch_it_rest(self) -> None:
        until = clock() + REST_S
        while self._sampler and clock() < until:
            time.sleep(SAMPLE_EVERY_S)
            self._look()

    def _heard_from(self, connection: Connection) -> object:
        try:
            message = connection.recv()
        except (EOFError, OSError) as error:
            raise LoadFailed("A process of clients has died") from error
        if isinstance(message, client_process.Progress):
            self._progress[connection] = message
        if isinstance(message, client_process.Finished):
            self._records += message.records
            self._cpu_s += message.cpu_s
        return message

    def _look(self) -> None:
        sample = self._sampler.sample(clock()) if self._sampler else None
        if sample:
            self._samples.append(sample)
        self._tell(self._state(sample))

    def _state(self, sample: ServerSample | None) -> State:
        heard = self._progress.values()
        return State(
            elapsed_s=None if self._start is None else max(clock() - self._start, 0),
            sessions=sum(progress.sessions for progress in heard),
            counts=tuple((outcome, sum(said.counts[outcome] for said in heard)) for outcome in Outcome),
            round_trips_s=tuple(seconds for progress in heard for seconds in progress.round_trips_s),
            server=sample,
        )


@contextmanager
def running_clients(plan: LoadPlan, url: str, frames: tuple[bytes, ...]) -> Iterator[list[Connection]]:
    """Processes that share the visits; they are gone afterwards."""
    context = multiprocessing.get_context("spawn")
    connections: list[Connection] = []
    processes: list[BaseProcess] = []
    everyone = visits(plan)
    try:
        for number in range(plan.process_count):
            own = tuple(visit for visit in everyone if visit.place % plan.process_count == number)
            ours, theirs = context.Pipe()
            task = client_process.ClientTask(plan, url, own, frames)
            process = context.Process(target=client_process.main, args=(theirs, task), daemon=True)
            process.start()
            theirs.close()
            connections.append(ours)
            processes.append(process)
        yield connections
    finally:
        for connection in connections:
            connection.close()
        end(processes)


def end(processes: Sequence[BaseProcess]) -> None:
    """See the processes off; who does not go is killed."""
    deadline = time.monotonic() + END_WITHIN_S
    for process in processes:
        process.join(max(deadline - time.monotonic(), 0))
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
