"""Sessions over Channels' communicator, with an engine that has no networks."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator

from streaming.consumers import StreamConsumer, session_places
from tests.forgesyte.log_fields import as_documented
from tests.streaming.fakes import PATIENCE_S, FakeEngine, FakePipeline, begun, jpeg

Limit = Callable[..., None]


@pytest.fixture(autouse=True)
def events_as_documented(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """All that sessions log is as docs/ENDPOINTS.md says."""
    with as_documented("forgesyte.stream", caplog):
        yield


@pytest.fixture
def limit(settings: Any) -> Limit:
    """Change stream settings for one test: `limit(max_sessions=1)`."""

    def change(**values: Any) -> None:
        settings.STREAM = dataclasses.replace(settings.STREAM, **values)

    return change


@pytest_asyncio.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeEngine]:
    """The engine of every session in the test; at the end nothing may be left over of them."""
    fake = FakeEngine()
    monkeypatch.setattr("streaming.session_worker.get_engine", lambda: fake)
    monkeypatch.setattr("streaming.session_worker.aopen_live", fake.aopen_live)
    yield fake
    for pipeline in fake.opened:
        pipeline.release()
    fake.held.close()
    assert not session_places
    assert asyncio.all_tasks() == {asyncio.current_task()}


def dropped(frame_index: int, backpressure: str = "normal") -> dict[str, Any]:
    """The answer that a frame gets that gave way."""
    return {"frame_index": frame_index, "dropped": True, "backpressure": backpressure}


class Client:
    """One end of a session."""

    def __init__(self, query: str = "pipeline_id=fake", application: Any = None, **scope: Any) -> None:
        self.socket = WebsocketCommunicator(
            application or StreamConsumer.as_asgi(), f"/ws/video/stream?{query}", scope.pop("headers", None)
        )
        self.socket.scope.update(scope)
        self.messages: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Client":
        accepted, _ = await self.socket.connect(PATIENCE_S)
        assert accepted
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        if not self.socket.future.done():
            await self.socket.disconnect(timeout=PATIENCE_S)

    async def send(self, data: bytes | None = None) -> None:
        await self.socket.send_to(bytes_data=jpeg() if data is None else data)

    async def read(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json_from(PATIENCE_S)
        self.messages.append(message)
        return message

    def left_over(self) -> list[dict[str, Any]]:
        """The messages that were not read yet."""
        queue = self.socket.output_queue
        return [queue.get_nowait() for _ in range(queue.qsize())]

    async def close_code(self) -> int:
        """The code that the server closes with; the session is over afterwards."""
        message = await self.socket.receive_output(PATIENCE_S)
        assert message["type"] == "websocket.close", message
        await self.socket.wait(PATIENCE_S)
        code: int = message["code"]
        return code


async def ready(client: Client, engine: FakeEngine) -> FakePipeline:
    """Send one frame, read its result, and return the session's pipeline."""
    await client.send()
    number: int = (await client.read())["result"]["pipeline"]
    pipeline = engine.opened[number]
    assert pipeline.begun.acquire(blocking=False)
    return pipeline


async def busy(client: Client, engine: FakeEngine) -> FakePipeline:
    """As `ready`, and the pipeline works on the next frame, the second, until it is released."""
    pipeline = await ready(client, engine)
    pipeline.hold()
    await client.send()
    await begun(pipeline)
    return pipeline


async def end(client: Client) -> tuple[dict[str, Any], int]:
    """The last message of a session and its close code."""
    return await client.read(), await client.close_code()
