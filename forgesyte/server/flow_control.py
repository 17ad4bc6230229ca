"""Bounds what one socket may have pending: who sends too fast or does not read is not read either."""

import asyncio
from collections import deque
from typing import Any, Protocol

RECEIVE_LIMIT = 32


class Transport(Protocol):
    """The part of a Twisted transport that flow control needs."""

    def pauseProducing(self) -> None:
        """Stop reading; the peer's own system then stops it from sending."""
        ...

    def resumeProducing(self) -> None:
        """Go on reading."""
        ...


class FlowControl:
    """Reads from a peer only while nothing stands against it.

    It is the transport's producer, in Twisted's words: the transport calls it when its send buffer is full,
    and again when it is empty. A peer that never reads again answers no ping either, and Daphne drops it.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._obstacles: set[str] = set()
        # Made when the send buffer is full for the first time: most connections never need it.
        self._sent: asyncio.Event | None = None

    async def drained(self) -> None:
        """Wait until the send buffer has room: for those who send unasked."""
        if self._sent is not None:
            await self._sent.wait()

    def pause(self, obstacle: str) -> None:
        """Stop reading until `resume` is called for this obstacle."""
        if not self._obstacles:
            self._transport.pauseProducing()
        self._obstacles.add(obstacle)

    def resume(self, obstacle: str) -> None:
        """Remove this obstacle; reading goes on once there is none."""
        if obstacle in self._obstacles:
            self._obstacles.remove(obstacle)
            if not self._obstacles:
                self._transport.resumeProducing()

    def pauseProducing(self) -> None:
        """The send buffer is full."""
        self._sent = self._sent or asyncio.Event()
        self._sent.clear()
        self.pause("unsent")

    def resumeProducing(self) -> None:
        """The send buffer is empty."""
        self._let_send()
        self.resume("unsent")

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._let_send()

    def _let_send(self) -> None:
        if self._sent is not None:
            self._sent.set()


class ReceiveQueue:
    """Messages that the application has not taken yet; reading pauses while there are too many.

    The limit is no hard one: what was read together is kept together. It is small while it is empty, for
    there is one for each connection; asyncio's own queue holds four times as much.
    """

    def __init__(self, flow: FlowControl) -> None:
        self._flow = flow
        self._messages: deque[dict[str, Any]] = deque()
        self._takers: list[asyncio.Future[None]] = []

    def qsize(self) -> int:
        """The number of messages."""
        return len(self._messages)

    def put_nowait(self, message: dict[str, Any]) -> None:
        """Add a message."""
        self._messages.append(message)
        if len(self._messages) >= RECEIVE_LIMIT:
            self._flow.pause("unread")
        self._wake_one()

    def get_nowait(self) -> dict[str, Any]:
        """Take the oldest message; there must be one."""
        message = self._messages.popleft()
        if len(self._messages) <= RECEIVE_LIMIT // 2:
            self._flow.resume("unread")
        return message

    async def get(self) -> dict[str, Any]:
        """Take the oldest message, once there is one."""
        while not self._messages:
            taker = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                self._takers.remove(taker)
                self._wake_one()
                raise
            self._takers.remove(taker)
        return self.get_nowait()

    def _wake_one(self) -> None:
        for taker in self._takers:
            if self._messages and not taker.done():
                taker.set_result(None)
                return
