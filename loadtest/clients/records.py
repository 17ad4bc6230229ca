"""Records of a run that go from process to process; times in seconds of the clients' clock."""

from dataclasses import dataclass

from loadtest.clients.answer_log import Outcome, SentFrame
from loadtest.patterns import Visit
from loadtest.plan import LoadPlan


@dataclass(frozen=True)
class SessionRecord:
    """The record of one session; times of the client's clock in seconds.

    `unsent` counts frames that were due and never sent, because the socket took none or the session had
    ended; `ended` says why it ended too early. `abandoned` are frames that an abrupt visitor did not wait
    for.
    """

    visit: Visit
    frames: tuple[SentFrame, ...]
    connected_after_s: float | None
    answered_after_s: float | None
    extra: int
    slow_downs: int
    unsent: int
    abandoned: int
    ended: str
    close_code: int | None


@dataclass(frozen=True)
class ServerSample:
    """At one moment (seconds of the clock): CPU since the sample before in percent of one core, and memory.

    `memory_mb` sums what each process holds, so what they share counts more than once.
    """

    at: float
    cpu_percent: float
    memory_mb: float
    processes: int
    threads: int


@dataclass(frozen=True)
class LoadResult:
    """The records of a run; times are those of the clients' clock, and at `start` the run began.

    `clients_cpu_s` is the CPU time that all clients took together.
    """

    plan: LoadPlan
    url: str
    start: float
    records: tuple[SessionRecord, ...]
    server: tuple[ServerSample, ...]
    clients_cpu_s: float = 0.0


@dataclass(frozen=True)
class State:
    """The progress of a run; `elapsed_s` is None until it begins."""

    elapsed_s: float | None
    sessions: int = 0
    counts: tuple[tuple[Outcome, int], ...] = ()
    round_trips_s: tuple[float, ...] = ()
    server: ServerSample | None = None
