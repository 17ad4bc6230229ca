"""Frames go in, one answer for each comes out."""

from tests.streaming.conftest import Client, busy, dropped, ready
from tests.streaming.fakes import FakeEngine, begun, waiting


async def test_one_frame_one_answer(engine: FakeEngine) -> None:
    async with Client() as client:
        await client.send()
        answer = await client.read()
    assert answer["frame_index"] == 1
    assert answer["result"] == {"detections": [], "pipeline": 0}


async def test_timings_are_milliseconds_to_a_hundredth(engine: FakeEngine) -> None:
    async with Client() as client:
        await client.send()
        timings = (await client.read())["timings_ms"]
    assert list(timings) == ["wait", "decode", "detect", "total"]
    assert timings["detect"] == 2.0
    assert all(value == round(value, 2) for value in timings.values())
    assert timings["total"] >= timings["wait"] >= 0


async def test_index_counts_up_from_one_in_each_session(engine: FakeEngine) -> None:
    for _ in range(2):
        async with Client() as client:
            for expected in (1, 2, 3):
                await client.send()
                assert (await client.read())["frame_index"] == expected


async def test_receive_does_not_wait_for_the_frame_in_flight(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        for index in (3, 4, 5):
            await client.send()
            if index > 3:
                assert await client.read() == dropped(index - 1)
        pipeline.release()
        assert [(await client.read())["frame_index"] for _ in range(2)] == [2, 5]
    assert pipeline.seen == [1, 2, 5]


async def test_the_frame_is_chosen_when_the_slot_is_won(engine: FakeEngine) -> None:
    async with Client() as client, Client() as other:
        pipeline = await ready(client, engine)
        blocker = await ready(other, engine)
        blocker.hold()
        await other.send()
        await begun(blocker)
        await client.send()
        await waiting(engine)
        await client.send()
        assert await client.read() == dropped(2)
        blocker.release()
        assert (await client.read())["frame_index"] == 3
        await other.read()
    assert pipeline.seen == [1, 3]


async def test_disconnect_is_seen_while_a_frame_runs(engine: FakeEngine) -> None:
    client = Client()
    async with client:
        pipeline = await busy(client, engine)
    assert client.socket.future.done()
    pipeline.release()
