"""Limits the connections that one address holds open at once."""

import logging
from collections import Counter
from typing import Any

from twisted.internet.protocol import ServerFactory
from twisted.internet.tcp import Server

from forgesyte.api.client_address import limited_owner
from forgesyte.logs import log_event

logger = logging.getLogger(__name__)


class ConnectionLimit:
    """Counts open connections by address; this machine itself is not counted. `most` 0 is no limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()
        self._told: set[str] = set()

    def admits(self, address: str) -> bool:
        """True if one more may come from there; the first refusal of an address is a line in the log."""
        owner = limited_owner(address)
        if not self._most or self._open[owner] < self._most or not owner:
            return True
        if owner not in self._told:
            self._told.add(owner)
            log_event(logger, logging.WARNING, "too_many_connections", client=owner, most=self._most)
        return False

    def opened(self, address: str) -> None:
        """Count a new connection of this address."""
        if owner := limited_owner(address):
            self._open[owner] += 1

    def closed(self, address: str) -> None:
        """Stop counting a connection of this address; an address without connections is forgotten."""
        owner = limited_owner(address)
        self._open[owner] -= 1
        if self._open[owner] <= 0:
            del self._open[owner]
            self._told.discard(owner)


class LimitedFactory(ServerFactory):  # type: ignore[misc]  # Twisted is not checked
    """Lets another factory serve a connection where the limit admits it; others are closed at once."""

    noisy = False

    def __init__(self, factory: Any, limit: ConnectionLimit) -> None:
        self._factory = factory
        self._limit = limit

    def doStart(self) -> None:
        """A port begins to listen."""
        super().doStart()
        self._factory.doStart()

    def doStop(self) -> None:
        """A port stops listening."""
        self._factory.doStop()
        super().doStop()

    def buildProtocol(self, address: Any) -> Any:
        """The protocol for a new connection, or None to refuse it."""
        return self._factory.buildProtocol(address) if self._limit.admits(address.host) else None


def counted_by(limit: ConnectionLimit) -> type[Server]:
    """The transport of a port whose connections are counted, whichever protocol serves them in the end."""

    class Counted(Server):  # type: ignore[misc]
        """One connection."""

        def __init__(self, sock: Any, protocol: Any, client: Any, *args: Any) -> None:
            super().__init__(sock, protocol, client, *args)
            self._is_counted = True
            limit.opened(client[0])

        def connectionLost(self, reason: Any) -> None:
            """Stop counting this connection; Twisted may call this twice."""
            if self._is_counted:
                self._is_counted = False
                limit.closed(self.client[0])
            super().connectionLost(reason)

    return Counted
