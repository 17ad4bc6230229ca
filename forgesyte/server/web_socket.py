"""One WebSocket: what Autobahn refuses before the application hears of it is one line in the log."""

from typing import Any

from forgesyte.server.bounded_socket import BoundedSocket
from forgesyte.server.hosts import log_refused


class WebSocket(BoundedSocket):
    """Daphne's WebSocket, which also survives a handshake that fails: with a malformed Host or Origin, say.

    Daphne itself then raises when the connection is gone, for it has no server yet.
    """

    @property
    def _is_known(self) -> bool:
        """True if the application has heard of this socket."""
        return hasattr(self, "server")

    def failHandshake(self, reason: str, *args: Any, **options: Any) -> None:
        """Refuse the handshake; of what the application refuses there is a line already."""
        if not self._is_known:
            peer = self.transport.getPeer()
            said = getattr(self, "http_headers", {})
            named = {name: str(said[name]) for name in ("origin", "host") if name in said}
            scope = {"client": (getattr(peer, "host", ""), 0)}
            log_refused("handshake_refused", scope, reason=str(reason), **named)
            # It comes back in the status line of the answer.
            reason = "Bad Request"
        super().failHandshake(reason, *args, **options)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """The connection is gone."""
        if self._is_known:
            super().onClose(wasClean, code, reason)
