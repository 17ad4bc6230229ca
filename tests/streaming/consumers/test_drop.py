"""Frames are dropped where a newer one waits."""

from tests.streaming.conftest import Client, busy, dropped
from tests.streaming.fakes import FakeEngine


async def test_polite_frames_are_never_dropped(engine: FakeEngine) -> None:
    async with Client() as client:
        for index in range(1, 31):
            await client.send()
            assert (await client.read())["frame_index"] == index
    assert all("result" in message for message in client.messages)


async def test_a_burst_gets_one_answer_for_each_frame_and_the_newest_is_processed(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        for _ in range(80):
            await client.send()
        for _ in range(79):
            await client.read()
        pipeline.release()
        while client.messages[-1].get("frame_index") != 82:
            await client.read()
    answers = [message["frame_index"] for message in client.messages if "frame_index" in message]
    assert sorted(answers) == list(range(1, 83))
    results = [message["frame_index"] for message in client.messages if "result" in message]
    assert results == [1, 2, 82]
    assert pipeline.seen == results


async def test_frames_that_come_while_the_pipeline_loads_are_held_newest_first(engine: FakeEngine) -> None:
    engine.open_gate.clear()
    async with Client() as client:
        await engine.opening.wait()
        for _ in range(40):
            await client.send()
        for index in range(1, 40):
            assert await client.read() == dropped(index)
        engine.open_gate.set()
        assert (await client.read())["frame_index"] == 40
        for index in range(41, 61):
            await client.send()
            assert (await client.read())["frame_index"] == index
    assert not [message for message in client.messages if "warning" in message]


async def test_a_session_works_as_usual_after_a_burst(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        for _ in range(30):
            await client.send()
        while len(client.messages) < 31:
            await client.read()
        pipeline.release()
        while client.messages[-1].get("frame_index") != 32:
            await client.read()
        for index in range(33, 45):
            await client.send()
            answer = await client.read()
            assert answer["frame_index"] == index
            assert "result" in answer
