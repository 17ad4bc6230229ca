"""The four ends of a consumer: the client closes, a handler raises, it is cancelled, a worker raises."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from forgesyte.server.base_consumer import BaseConsumer

MOST_S = 10.0


class Refused(Exception):
    """An error that the client is told."""


class Recorder(BaseConsumer[Refused]):
    """Notes what becomes of it; a text message is raised as an error."""

    error_type = Refused

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[str] = []
        self.works = asyncio.Event()
        self.released = 0
        self.work_cancelled = False

    async def connect(self) -> None:
        await self.accept_at_most(text=10, binary=0)
        self.run_beside(self._work())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        raise Refused(text_data) if text_data != "unexpected" else ValueError("It broke")

    async def say_goodbye(self, error: Refused) -> None:
        self.ends.append(str(error))
        await self.close(4400)

    def shutdown_error(self) -> Refused:
        return Refused("shutdown")

    def unexpected_error(self, cause: Exception) -> Refused:
        return Refused(f"unexpected: {cause}")

    async def release(self) -> None:
        self.released += 1

    async def _work(self) -> None:
        self.works.set()
        try:
            if self.scope["path"] == "/worker-raises":
                raise Refused("worker")
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.work_cancelled = True
            raise


class Line:
    """A consumer with its two ends: messages for it, and what it sent."""

    def __init__(self, path: str = "/", take_at_most: Callable[..., None] | None = None) -> None:
        self.consumer = Recorder()
        self.sent: list[str] = []
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"type": "websocket", "path": path, "take_at_most": take_at_most}
        self.task = asyncio.ensure_future(self.consumer(scope, self.arriving.get, self._send))
        self.arriving.put_nowait({"type": "websocket.connect"})

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message["type"])

    async def end(self) -> None:
        async with asyncio.timeout(MOST_S):
            await self.task


async def test_the_client_closes() -> None:
    line = Line()
    await line.consumer.works.wait()
    line.arriving.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await line.end()
    assert (line.sent, line.consumer.ends) == (["websocket.accept"], [])
    assert (line.consumer.work_cancelled, line.consumer.released) == (True, 1)


@pytest.mark.parametrize(
    ("text", "told"), [("no such thing", "no such thing"), ("unexpected", "unexpected: It broke")]
)
async def test_a_handler_raises(text: str, told: str) -> None:
    line = Line()
    await line.consumer.works.wait()
    line.arriving.put_nowait({"type": "websocket.receive", "text": text})
    await line.end()
    assert (line.sent, line.consumer.ends) == (["websocket.accept", "websocket.close"], [told])
    assert (line.consumer.work_cancelled, line.consumer.released) == (True, 1)


async def test_the_task_is_cancelled() -> None:
    line = Line()
    await line.consumer.works.wait()
    line.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await line.end()
    assert (line.sent, line.consumer.ends) == (["websocket.accept", "websocket.close"], ["shutdown"])
    assert (line.consumer.work_cancelled, line.consumer.released) == (True, 1)


async def test_nobody_is_told_who_was_not_accepted() -> None:
    line = Line()
    line.arriving.get_nowait()
    await asyncio.sleep(0)
    line.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await line.end()
    assert (line.sent, line.consumer.ends, line.consumer.released) == ([], [], 1)


async def test_a_worker_raises() -> None:
    line = Line("/worker-raises")
    await line.end()
    assert (line.sent, line.consumer.ends) == (["websocket.accept", "websocket.close"], ["worker"])
    assert line.consumer.released == 1


async def test_the_server_hears_how_large_messages_may_be() -> None:
    told: list[dict[str, int]] = []
    line = Line(take_at_most=lambda **most: told.append(most))
    line.arriving.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await line.end()
    assert told == [{"text": 10, "binary": 0}]
