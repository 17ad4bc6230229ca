"""Until when a frame may take its time, which tells text reading how much it may read."""

import time

import pytest

from streaming.arrival_rate import ArrivalRate
from tests.streaming.conftest import Client, ready
from tests.streaming.fakes import FakeEngine, begun, waiting

NEXT_DUE = 1e9


class Steady(ArrivalRate):
    """Knows when the next frame is due."""

    def next_due(self) -> float:
        return NEXT_DUE


@pytest.fixture(autouse=True)
def _arrival_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.session_worker.arrival_rate", Steady())


async def test_a_frame_for_which_nobody_waits_has_time_until_the_next_is_due(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
    assert pipeline.deadlines == [NEXT_DUE]


async def test_a_frame_for_which_others_wait_has_none_to_spare(engine: FakeEngine) -> None:
    async with Client() as first, Client() as second, Client() as third:
        blocker = await ready(first, engine)
        pipelines = [await ready(client, engine) for client in (second, third)]
        blocker.hold()
        await first.send()
        await begun(blocker)
        for number, client in enumerate((second, third), 1):
            await client.send()
            await waiting(engine, number)
        before = time.monotonic()
        blocker.release()
        for client in (first, second, third):
            await client.read()
        after = time.monotonic()
    # Which of the two goes first is for the slots to say.
    at_once, late = sorted(pipeline.deadlines[1] or NEXT_DUE for pipeline in pipelines)
    assert before <= at_once <= after, "the third session waited for it"
    assert late == NEXT_DUE, "nobody waited any more"


async def test_arrivals_of_all_sessions_set_the_pace(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals: list[float] = []

    class Noted(ArrivalRate):
        def arrived(self, now: float) -> None:
            arrivals.append(now)

    monkeypatch.setattr("streaming.session_worker.arrival_rate", Noted())
    before = time.monotonic()
    async with Client() as first, Client() as second:
        await ready(first, engine)
        await ready(second, engine)
    assert len(arrivals) == 2
    assert before <= arrivals[0] <= arrivals[1] <= time.monotonic()
