"""The client is asked to slow down, and how fast it may be."""

from typing import Any

import pytest

from pipelines.tools.base import Pressure
from streaming.backpressure import Backpressure
from tests.streaming.conftest import Client, ready
from tests.streaming.fakes import FakeEngine, FakePipeline, begun


async def flood(client: Client, pipeline: FakePipeline, frames: int) -> list[dict[str, Any]]:
    """Send frames while one runs; returns every message up to the newest frame's result."""
    pipeline.hold()
    await client.send()
    await begun(pipeline)
    for _ in range(frames):
        await client.send()
    messages: list[dict[str, Any]] = []
    while len([message for message in messages if "dropped" in message]) < frames - 1:
        messages.append(await client.read())
    pipeline.release()
    while len([message for message in messages if "result" in message]) < 2:
        messages.append(await client.read())
    await begun(pipeline)
    return messages


async def test_one_plea_for_one_flood(engine: FakeEngine) -> None:
    async with Client() as client:
        messages = await flood(client, await ready(client, engine), 60)
        messages += await flood(client, engine.opened[0], 60)
    [plea] = [message for message in messages if "warning" in message]
    assert plea["warning"] == "slow_down"


async def test_the_plea_names_the_rate_that_was_reached(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("streaming.consumers.new_policy", lambda _: Backpressure(clock=lambda: now[0]))
    async with Client() as client:
        pipeline = await ready(client, engine)
        for _ in range(20):
            now[0] += 0.1
            await client.send()
            await client.read()
            await begun(pipeline)
        messages = await flood(client, pipeline, 60)
    [plea] = [message for message in messages if "warning" in message]
    assert plea["suggested_fps"] == 10.5, "21 results in 2 s, of which the first arrived before they began"


async def test_the_plea_comes_after_the_answer_that_crossed(engine: FakeEngine) -> None:
    async with Client() as client:
        # Frames that come while the pipeline opens are not counted.
        await engine.opening.wait()
        messages = await flood(client, await ready(client, engine), 60)
    plea = next(index for index, message in enumerate(messages) if "warning" in message)
    assert all(message.get("dropped") for message in messages[:plea])
    assert plea == 7, "the tenth frame made the seventh give way, and ten are the fewest that say something"


async def test_a_few_drops_ask_for_nothing(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        for _ in range(40):
            await client.send()
            await client.read()
            await begun(pipeline)
        messages = await flood(client, pipeline, 5)
    assert not [message for message in messages if "warning" in message]


async def test_a_second_crossing_is_told_again(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("streaming.consumers.new_policy", lambda _: Backpressure(clock=lambda: now[0]))
    async with Client() as client:
        pipeline = await ready(client, engine)
        first = await flood(client, pipeline, 30)
        now[0] += 60
        await ready(client, engine)
        second = await flood(client, pipeline, 30)
    for messages in (first, second):
        assert len([message for message in messages if "warning" in message]) == 1


async def test_every_answer_says_how_hard_the_session_presses(engine: FakeEngine) -> None:
    async with Client() as client:
        messages = await flood(client, await ready(client, engine), 60)
    told = [message["backpressure"] for message in messages if "frame_index" in message]
    assert len(told) == 61
    assert (told[0], told[-1]) == ("normal", "critical")
    assert told == sorted(told, key=["normal", "warning", "critical"].index)


async def test_tools_learn_how_hard_the_session_presses(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        await flood(client, pipeline, 60)
        assert pipeline.pressures[0] is Pressure.NORMAL
        assert pipeline.pressures[-1] is Pressure.CRITICAL
