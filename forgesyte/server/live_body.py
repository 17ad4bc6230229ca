"""The body of a request as a file that is read while it arrives."""

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

PIECE_BYTES = 64 * 1024


class BodyTooLong(OSError):
    """More has come in than a body may have."""


class LiveBody:
    """Read it in a thread, never on the event loop: `read` waits there for what has not come in yet.

    Once more than `max_bytes` have come in, whatever they are, reading raises BodyTooLong.

    Django gets `receive`, which shows it an empty body and then tells when the client is gone.
    """

    def __init__(self, receive: Receive, max_bytes: float = math.inf) -> None:
        self._receive = receive
        self._allowed_bytes = max_bytes
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._shown = False
        self._over = asyncio.Event()
        self._gone = False
        self._rest = b""
        self._reading: asyncio.Task[bytes] | None = None
        self._closed = False

    async def receive(self) -> Message:
        """An empty body; from the second call on, the disconnect of the client."""
        if not self._shown:
            self._shown = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"} if self._gone else await self._receive()

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end; all of them below 0. OSError once the client is gone."""
        if threading.get_ident() == self._thread:
            raise RuntimeError("A live body cannot be read on the event loop: it would wait for itself")
        reading = asyncio.run_coroutine_threadsafe(self._start_reading(size), self._loop)
        return reading.result()

    def readline(self, size: int = -1) -> bytes:
        """The next piece, whatever is in it: Django asks for lines only in order to throw them away."""
        return self.read(PIECE_BYTES)

    def close(self) -> None:
        """Nobody reads on; a thread that waits is told so. Called on the event loop or from a thread."""
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._closed = True
        if self._reading is not None:
            self._reading.cancel()

    async def _start_reading(self, size: int) -> bytes:
        if self._closed:
            raise ConnectionError("The request is over")
        self._reading = asyncio.ensure_future(self._take(size))
        try:
            return await self._reading
        except asyncio.CancelledError:
            raise ConnectionError("The request is over") from None

    async def _take(self, size: int) -> bytes:
        pieces, length = [self._rest], len(self._rest)
        while not self._over.is_set() and (size < 0 or length < size):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._gone = True
                self._over.set()
                raise ConnectionError("The client is gone")
            pieces.append(message.get("body", b""))
            length += len(pieces[-1])
            self._allowed_bytes -= len(pieces[-1])
            if self._allowed_bytes < 0:
                raise BodyTooLong("The body is too long")
            if not message.get("more_body", False):
                self._over.set()
        if self._gone:
            raise ConnectionError("The client is gone")
        taken = b"".join(pieces)
        end = length if size < 0 else size
        self._rest = taken[end:]
        return taken[:end]
