"""Startup and shutdown for ASGI servers other than `serve`: gets ready, and closes sockets with a reason."""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from django.conf import settings

from forgesyte.data_folder import keep_private, use
from forgesyte.logs import log_event
from forgesyte.server import memory
from forgesyte.server.startup import exit_soon, preload, share_fairly, start_thread, warm

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

GOODBYE_WITHIN_S = 2.0
# A client that takes nothing for so long is gone; Daphne finds that out by itself.
STALLED_S = 30.0


class Sockets:
    """Passes connections on to an application, and can end them as `serve` does: by cancelling them.

    With `patience_s`, a connection ends when the server could not send for so long.
    """

    def __init__(self, application: Application) -> None:
        self.patience_s: float | None = None
        self._application = application
        self._open: set[asyncio.Task[Any]] = set()
        self._ended: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._application(scope, receive, self._patient(send, task) if self.patience_s else send)
        except asyncio.CancelledError:
            # Who was ended here has said goodbye; the server need not hear of it as of an error.
            if task not in self._ended:
                raise
        finally:
            self._open.discard(task)
            self._ended.discard(task)

    async def end(self) -> None:
        """End every connection, and wait until each has said goodbye or the time is over."""
        for task in self._open:
            self._end(task)
        if self._open:
            await asyncio.wait(self._open, timeout=GOODBYE_WITHIN_S)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._ended.add(task)
        task.cancel()

    def _patient(self, send: Send, task: asyncio.Task[Any]) -> Send:
        """Sends what can be sent; once that took too long, nothing more, and the connection ends."""
        stalled = False

        async def send_or_end(message: dict[str, Any]) -> None:
            nonlocal stalled
            if stalled:
                # Who only sends has to hear of its end somewhere.
                await asyncio.sleep(0)
                return
            try:
                async with asyncio.timeout(self.patience_s):
                    await send(message)
            except TimeoutError:
                stalled = True
                log_event(logger, logging.INFO, "client_stalled", seconds=self.patience_s)
                self._end(task)

        return send_or_end


class Lifespan:
    """Answers a server that speaks ASGI's lifespan protocol; Daphne does not, and `serve` takes its place."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From the start of a server process to its end."""
        await receive()
        memory.keep_one_arena()
        keep_private(settings.PROJECT.data_dir, settings.PROJECT.database_file)
        use(settings.PROJECT.data_dir)
        self._sockets.patience_s = STALLED_S
        share_fairly()
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
