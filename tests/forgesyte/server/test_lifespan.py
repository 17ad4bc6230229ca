"""Start and end under other ASGI servers; with real servers in `test_serve.py`."""

import asyncio
import signal
from typing import Any

import pytest
from django.conf import settings

from forgesyte.server import lifespan
from forgesyte.server.lifespan import Lifespan, Sockets
from tests.streaming.fakes import PATIENCE_S


class Line:
    """An application that waits until it is cancelled, and then takes its time to say goodbye."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.said: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.open.set()
        try:
            await receive()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            self.said.append("goodbye")
            raise


async def never() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def unheard(message: dict[str, Any]) -> None:
    """Whatever is sent."""


async def test_sockets_end_when_they_have_said_goodbye() -> None:
    line = Line()
    sockets = Sockets(line)
    connection = asyncio.create_task(sockets({}, never, unheard))
    await line.open.wait()

    await sockets.end()

    assert line.said == ["goodbye"]
    assert connection.done()
    assert not connection.cancelled(), "for its server that is no error"


async def test_a_server_may_cancel_a_socket_by_itself() -> None:
    line = Line()
    connection = asyncio.create_task(Sockets(line)({}, never, unheard))
    await line.open.wait()

    connection.cancel()

    with pytest.raises(asyncio.CancelledError):
        await connection


async def test_one_that_says_no_goodbye_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifespan, "GOODBYE_WITHIN_S", 0.01)
    held, begun = asyncio.Event(), asyncio.Event()

    async def deaf(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        while not held.is_set():
            try:
                await held.wait()
            except asyncio.CancelledError:
                continue

    sockets = Sockets(deaf)
    connection = asyncio.create_task(sockets({}, never, unheard))
    await begun.wait()

    await sockets.end()

    assert not connection.done()
    held.set()
    await connection


async def test_who_takes_nothing_any_more_is_let_go() -> None:
    calls: list[str] = []

    async def chatter(scope: Any, receive: Any, send: Any) -> None:
        try:
            while True:
                await send({"type": "websocket.send", "text": "news"})
        except asyncio.CancelledError:
            await send({"type": "websocket.close"})
            calls.append("goodbye")
            raise

    async def full(message: dict[str, Any]) -> None:
        calls.append(message["type"])
        if len(calls) == 3:
            await asyncio.Event().wait()

    sockets = Sockets(chatter)
    sockets.patience_s = 0.01
    async with asyncio.timeout(PATIENCE_S):
        await sockets({}, never, full)

    assert calls == ["websocket.send"] * 3 + ["goodbye"]


async def test_the_server_hears_of_a_signal_after_the_goodbyes(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = asyncio.Event()
    line, sent = Line(), []
    sockets = Sockets(line)
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(lifespan, "exit_soon", lambda: sent.append("exit"))
    monkeypatch.setattr(lifespan, "share_fairly", lambda: sent.append("ready"))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, lambda number, frame: loop.call_soon_threadsafe(heard.set))
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    messages.put_nowait({"type": "lifespan.startup"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])
        started.set()

    started = asyncio.Event()
    try:
        running = asyncio.create_task(Lifespan(sockets)({"type": "lifespan"}, messages.get, send))
        connection = asyncio.create_task(sockets({}, never, unheard))
        async with asyncio.timeout(PATIENCE_S):
            await started.wait()
            await line.open.wait()
            signal.raise_signal(signal.SIGTERM)
            await heard.wait()
        assert line.said == ["goodbye"]
        messages.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.gather(running, connection)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert sent == ["ready", "lifespan.startup.complete", "exit", "lifespan.shutdown.complete"]
    assert settings.PIPELINES.preload == ()
