"""However a session ends, nothing of it is left: no task, no slot, no pipeline, no place in the gauge."""

import asyncio
import json
import threading

import pytest

from forgesyte.server import memory
from pipelines.errors import ToolFailure
from streaming import consumers
from streaming.consumers import StreamConsumer, session_places
from streaming.idle_task import IdleTask
from tests.streaming.conftest import Client, busy, dropped, ready
from tests.streaming.fakes import PATIENCE_S, FakeEngine, FakePipeline, begun, closed
from tests.streaming.samples import sample


def sessions_active() -> float | None:
    return sample("stream_sessions_active")


async def nothing_is_left(engine: FakeEngine, pipeline: FakePipeline) -> None:
    await closed(pipeline)
    assert pipeline.closed == 1
    assert not pipeline.closed_while_running
    assert engine.busy == 0
    assert not session_places
    assert sessions_active() == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_normal_close(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        assert sessions_active() == 1
    await nothing_is_left(engine, pipeline)


async def test_close_while_a_frame_runs_and_one_is_held(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        await client.send()
    assert not session_places
    assert pipeline.closed == 0, "its frame still runs"
    pipeline.release()
    await closed(pipeline)
    async with engine.slot():
        pass
    await nothing_is_left(engine, pipeline)
    assert pipeline.seen == [1, 2]


async def test_a_handler_raises(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)

        async def broken(*args: object, **options: object) -> None:
            raise LookupError("a fault of our own")

        monkeypatch.setattr(StreamConsumer, "receive", broken)
        await client.send()
        assert (await client.read())["error"] == "internal_error"
        assert await client.close_code() == 1011
    await nothing_is_left(engine, pipeline)


@pytest.mark.parametrize("busy", [False, True])
async def test_the_task_is_cancelled(engine: FakeEngine, busy: bool) -> None:
    client = Client()
    async with client:
        pipeline = await ready(client, engine)
        if busy:
            pipeline.hold()
            await client.send()
            await begun(pipeline)
        client.socket.future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await client.socket.future
    *said, last = client.left_over()
    messages = [json.loads(message["text"]) for message in said]
    given_way = [dropped(2)] if busy else []
    assert messages == [
        *given_way,
        {"error": "server_shutdown", "detail": "The server is stopping: connect again in a moment"},
    ]
    assert (last["type"], last["code"]) == ("websocket.close", 1012)
    pipeline.release()
    await closed(pipeline)
    async with engine.slot():
        pass
    await nothing_is_left(engine, pipeline)


async def test_the_worker_raises(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        pipeline.error = ToolFailure("YOLO inference failed")
        await client.send()
        assert (await client.read())["error"] == "pipeline_failure"
        assert await client.close_code() == 4500
    await nothing_is_left(engine, pipeline)


async def test_cancelled_before_the_handshake(engine: FakeEngine) -> None:
    client = Client()
    await client.socket.send_input({"type": "websocket.disconnect", "code": 1006})
    await client.socket.wait(PATIENCE_S)
    assert not engine.opening.is_set()

    client = Client()
    task = asyncio.ensure_future(StreamConsumer.as_asgi()(client.socket.scope, asyncio.Event().wait, None))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not session_places


async def test_gone_while_the_pipeline_loads(engine: FakeEngine) -> None:
    engine.open_gate.clear()
    async with Client() as client:
        await engine.opening.wait()
        await client.send()
    assert engine.opened == []
    assert sessions_active() == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_pipeline_that_fails_to_close_is_logged(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)

        def broken() -> None:
            raise OSError("cannot let go")

        monkeypatch.setattr(pipeline, "close", broken)
    assert "internal_error" in caplog.messages
    assert not session_places


async def test_memory_is_given_back_once_the_last_session_has_ended(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    given_back = threading.Event()

    class Noted(IdleTask):
        def schedule(self) -> None:
            told.append("schedule")
            super().schedule()

        def cancel(self) -> None:
            told.append("cancel")
            super().cancel()

    monkeypatch.setattr(consumers, "memory_release", Noted(given_back.set, after_s=0))
    async with Client() as first:
        await ready(first, engine)
        async with Client() as second:
            await ready(second, engine)
        assert told == ["cancel", "cancel"], "a session is left"
    assert told == ["cancel", "cancel", "schedule", "cancel"]
    assert await asyncio.to_thread(given_back.wait, PATIENCE_S)


def test_what_runs_when_nobody_streams_gives_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed: list[bool] = []
    monkeypatch.setattr(memory, "trim", lambda: trimmed.append(True))
    consumers.memory_release._work()
    assert trimmed == [True]
