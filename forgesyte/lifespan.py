"""What `serve` does around the application, for other ASGI servers: it gets ready, and it says goodbye."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from django.conf import settings

from forgesyte.readying import exit_soon, preload, start_thread, warm

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

GOODBYE_WITHIN_S = 2.0


class Sockets:
    """Passes connections on to an application, and can end them all as `serve` does: by cancelling them."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._open: set[asyncio.Task[Any]] = set()
        self._ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._application(scope, receive, send)
        except asyncio.CancelledError:
            # The connection has said goodbye; the server need not hear of it as of an error.
            if not self._ending:
                raise
        finally:
            self._open.discard(task)

    async def end(self) -> None:
        """End every connection, and wait until each has said so or the time is over."""
        self._ending = True
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=GOODBYE_WITHIN_S)


class Lifespan:
    """Answers a server that speaks ASGI's lifespan protocol; Daphne does not, and `serve` takes its place."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From the start of a server process to its end."""
        await receive()
        await asyncio.to_thread(warm)
        start_thread(preload, settings.PIPELINES.preload)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._say_goodbye_before(number)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        exit_soon()
        await send({"type": "lifespan.shutdown.complete"})

    def _say_goodbye_before(self, number: signal.Signals) -> None:
        """End the sockets before the server hears of this signal: it would only cut them off."""
        loop = asyncio.get_running_loop()
        servers = signal.getsignal(number)

        def on_signal(received: int, frame: FrameType | None) -> None:
            signal.signal(number, servers)
            asyncio.run_coroutine_threadsafe(self._sockets.end(), loop).add_done_callback(
                lambda said: signal.raise_signal(received)
            )

        signal.signal(number, on_signal)
