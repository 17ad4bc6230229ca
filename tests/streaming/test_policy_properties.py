"""The drop policy and the mailbox under random arrival and service times, on a simulated clock.

The slot that sessions share is the simulation's own; whose turn it is with real ones is tested at the end.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.tools.inspector import RunReport
from streaming.backpressure import Backpressure, BackpressureState
from streaming.mailbox import Frame, Mailbox
from tests.streaming.conftest import Client, ready
from tests.streaming.fakes import FakeEngine, FakePipeline, begun, waiting


@dataclass
class Answer:
    outcome: str
    age: float


@dataclass
class Session:
    """One connection: what it was answered, and how hard it pressed whenever it was asked to slow down."""

    policy: Backpressure
    mailbox: Mailbox = field(default_factory=Mailbox)
    answers: dict[int, list[Answer]] = field(default_factory=dict)
    idle_arrivals: list[int] = field(default_factory=list)
    started: list[tuple[int, int]] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    arrived: int = 0

    def answer(self, frame: Frame, outcome: str, now: float) -> None:
        self.answers.setdefault(frame.index, []).append(Answer(outcome, now - frame.received_at))
        if self.policy.state is BackpressureState.NORMAL:
            self.signals.append("normal")
        if self.policy.should_slow_down():
            self.policy.slow_down_sent()
            self.signals.append("slow_down")


class Simulation:
    """Arrivals, as (seconds since the one before, session), meet one slot: first come, first served."""

    def __init__(self, sessions: int, service_s: list[float]) -> None:
        self.now = 0.0
        self.sessions = [Session(Backpressure(min_frames=5, clock=lambda: self.now)) for _ in range(sessions)]
        self._service_s = deque(service_s)
        self._queue: deque[Session] = deque()
        self._running: tuple[float, Session] | None = None

    def arrive(self, after_s: float, number: int) -> None:
        self.until(self.now + after_s)
        session = self.sessions[number]
        session.arrived += 1
        session.policy.frame_received()
        busy_ms = session.mailbox.busy_ms(self.now)
        if not busy_ms:
            session.idle_arrivals.append(session.arrived)
            self._queue.append(session)
        elif session.mailbox.held is None and session not in self._queue:
            self._queue.append(session)
        frame = Frame(session.arrived, b"", self.now)
        loser = session.mailbox.offer(frame, held_gives_way=session.policy.should_drop(busy_ms))
        if loser is not None:
            session.policy.frame_dropped()
            session.answer(loser, "dropped", self.now)
        self._start()

    def until(self, moment: float) -> None:
        while self._running and self._running[0] <= moment:
            self.now, session = self._running
            self._running = None
            frame = session.mailbox.running
            assert frame is not None
            session.mailbox.finish()
            session.policy.frame_processed()
            session.answer(frame, "result", self.now)
            if session.mailbox.held and session not in self._queue:
                self._queue.append(session)
            self._start()
        self.now = moment

    def _start(self) -> None:
        waiting = next((one for one in self._queue if one.mailbox.running is None), None)
        if self._running is None and waiting is not None:
            self._queue.remove(waiting)
            frame = waiting.mailbox.take()
            waiting.started.append((frame.index, waiting.arrived))
            self._service_s.rotate(-1)
            self._running = (self.now + self._service_s[0], waiting)


seconds = st.floats(min_value=0.001, max_value=2.0)
arrivals = st.lists(st.tuples(st.one_of(st.just(0.0), seconds), st.integers(0, 2)), min_size=1, max_size=150)
services = st.lists(seconds, min_size=1, max_size=20)


@given(arrivals, services)
def test_every_frame_has_one_outcome_and_the_newest_is_processed(
    frames: list[tuple[float, int]], service_s: list[float]
) -> None:
    simulation = run(frames, service_s)
    for session in simulation.sessions:
        assert sorted(session.answers) == list(range(1, session.arrived + 1))
        assert all(len(answers) == 1 for answers in session.answers.values())
        if session.arrived:
            assert session.answers[session.arrived][0].outcome == "result"


@given(arrivals, services)
def test_a_slot_always_runs_the_newest_frame_of_its_session(
    frames: list[tuple[float, int]], service_s: list[float]
) -> None:
    for session in run(frames, service_s).sessions:
        assert all(index == newest for index, newest in session.started)
        results = [index for index, answers in session.answers.items() if answers[0].outcome == "result"]
        assert results == [index for index, _ in session.started], "results come in the order of their frames"


@given(st.lists(seconds, min_size=1, max_size=150), services)
def test_an_idle_session_drops_nothing(gaps: list[float], service_s: list[float]) -> None:
    simulation = run([(gap, 0) for gap in gaps], service_s)
    [session, *_] = simulation.sessions
    assert all(session.answers[index][0].outcome == "result" for index in session.idle_arrivals)


@given(arrivals, services)
def test_a_result_is_never_older_than_a_round_of_all_sessions(
    frames: list[tuple[float, int]], service_s: list[float]
) -> None:
    simulation = run(frames, service_s)
    rounds = len(simulation.sessions) + 1
    for session in simulation.sessions:
        for [answer] in session.answers.values():
            assert answer.age <= rounds * max(service_s) + 1e-6


@given(st.integers(20, 200), services)
def test_no_flood_spoils_the_frames_after_it(flood: int, service_s: list[float]) -> None:
    simulation = run([(0.0, 0)] * flood, service_s)
    polite = [(max(service_s) + 0.01, 0)] * 12
    for gap, number in polite:
        simulation.arrive(gap, number)
    simulation.until(simulation.now + 10 * max(service_s))
    [session, *_] = simulation.sessions
    assert [session.answers[flood + index][0].outcome for index in range(1, 13)] == ["result"] * 12


@given(arrivals, services)
def test_between_two_pleas_the_session_was_normal(
    frames: list[tuple[float, int]], service_s: list[float]
) -> None:
    for session in run(frames, service_s).sessions:
        pleas = [index for index, signal in enumerate(session.signals) if signal == "slow_down"]
        for first, second in pairwise(pleas):
            assert "normal" in session.signals[first:second]


def run(frames: list[tuple[float, int]], service_s: list[float]) -> Simulation:
    """All the arrivals, and time enough to answer them."""
    simulation = Simulation(3, service_s)
    for gap, number in frames:
        simulation.arrive(gap, number)
    simulation.until(simulation.now + 10 * max(service_s))
    return simulation


async def test_with_real_slots_too_each_session_runs_its_newest_frame(engine: FakeEngine) -> None:
    """Whose turn it is first is a matter of what each has had before."""
    turns: list[tuple[int, int]] = []

    class Noted(FakePipeline):
        def run(self, payload: Mapping[str, Any], *more: Any) -> RunReport:
            turns.append((self.number, payload["frame_index"]))
            return super().run(payload, *more)

    engine.make["fake"] = Noted
    async with Client() as first, Client() as second, Client() as third:
        blocker, *others = [await ready(client, engine) for client in (first, second, third)]
        blocker.hold()
        await first.send()
        await begun(blocker)
        for number, client in enumerate((third, second), 1):
            await client.send()
            await waiting(engine, number)
        for client in (first, first, second, second, third):
            await client.send()
        while len([message for message in second.messages if message.get("dropped")]) < 2:
            await second.read()
        await third.read()
        await first.read()
        turns.clear()
        blocker.release()
        for client in (second, third):
            await client.read()
        await first.read()
        await first.read()
    assert sorted(turns) == sorted([(others[1].number, 3), (others[0].number, 4), (blocker.number, 4)])
