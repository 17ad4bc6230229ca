"""Bounds what one socket may have pending: who sends too fast or does not read is not read either."""

import asyncio
from typing import Any, Protocol

INBOX_LIMIT = 32


class Transport(Protocol):
    """What the valve needs of a Twisted transport."""

    def pauseProducing(self) -> None:
        """Stop reading; the peer's own system then stops it from sending."""
        ...

    def resumeProducing(self) -> None:
        """Go on reading."""
        ...


class Valve:
    """Reads from a peer only while nothing stands against it.

    It is the transport's producer, in Twisted's words: the transport calls it when its send buffer is full,
    and again when it is empty. A peer that never reads again answers no ping either, and Daphne drops it.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._obstacles: set[str] = set()
        self._sent = asyncio.Event()
        self._sent.set()

    async def drained(self) -> None:
        """Wait until the send buffer has room: for those who send unasked."""
        await self._sent.wait()

    def close(self, obstacle: str) -> None:
        """Stop reading until this obstacle is gone."""
        if not self._obstacles:
            self._transport.pauseProducing()
        self._obstacles.add(obstacle)

    def open(self, obstacle: str) -> None:
        """This obstacle is gone."""
        if obstacle in self._obstacles:
            self._obstacles.remove(obstacle)
            if not self._obstacles:
                self._transport.resumeProducing()

    def pauseProducing(self) -> None:
        """The send buffer is full."""
        self._sent.clear()
        self.close("unsent")

    def resumeProducing(self) -> None:
        """The send buffer is empty."""
        self._sent.set()
        self.open("unsent")

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._sent.set()


class Inbox(asyncio.Queue[dict[str, Any]]):
    """Messages that the application has not taken yet; closes the valve while there are too many.

    The limit is no hard one: what was read together is kept together.
    """

    def __init__(self, valve: Valve) -> None:
        super().__init__()
        self._valve = valve

    def _put(self, item: dict[str, Any]) -> None:
        super()._put(item)
        if self.qsize() >= INBOX_LIMIT:
            self._valve.close("unread")

    def _get(self) -> dict[str, Any]:
        item = super()._get()
        if self.qsize() <= INBOX_LIMIT // 2:
            self._valve.open("unread")
        return item
