"""The web server: Daphne, made fit for live sessions and large files in its bounds and its clean stop."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import defer, reactor
from twisted.logger import STDLibLogObserver, globalLogPublisher
from twisted.python.failure import Failure

from forgesyte.inbox import Inbox, Valve
from forgesyte.secure import SecureFactory
from forgesyte.web_request import WebFactory, WebRequest
from forgesyte.web_socket import WebSocket

MESSAGE_LIMIT = 1024 * 1024
STOP_APPLICATIONS_S = 2.0
STOP_SOCKETS_S = 1.0


class WebServer(Server):  # type: ignore[misc]  # Daphne has no types
    """Serves one ASGI application on one TCP address until `stop` is called, from the reactor's thread.

    `listening` is called with the real port once connections are taken; `failed` with the reason where that
    is impossible. With a private key and its certificate, in PEM, it speaks HTTPS.
    """

    def __init__(
        self,
        application: Any,
        host: str,
        port: int,
        *,
        listening: Callable[[int], None],
        failed: Callable[[str], None],
        certificate_pem: bytes = b"",
    ) -> None:
        limit = getattr(settings, "DAPHNE_WEBSOCKET_MAX_MESSAGE_SIZE", MESSAGE_LIMIT)
        super().__init__(
            application,
            build_endpoint_description_strings(host=host, port=port),
            signal_handlers=False,
            websocket_timeout=-1,
            websocket_max_message_size=limit,
            websocket_max_frame_size=getattr(settings, "DAPHNE_WEBSOCKET_MAX_FRAME_SIZE", limit),
            server_name="ForgeSyte",
        )
        # Daphne drops what Twisted reports, or else takes over standard output.
        globalLogPublisher.addObserver(STDLibLogObserver("daphne"))
        self._listening = listening
        self._failed = failed
        self._ports: list[Any] = []
        self._certificate_pem = certificate_pem

    @property
    def http_factory(self) -> Any:
        """What serves the connections of the port; when Daphne sets its own at the start, ours takes over."""
        return self._http_factory

    @http_factory.setter
    def http_factory(self, daphnes: Any) -> None:
        factory, certificate_pem = WebFactory(self), self._certificate_pem
        self._http_factory = SecureFactory(factory, certificate_pem) if certificate_pem else factory

    @property
    def ws_factory(self) -> Any:
        """What serves the sockets: Daphne's, with our protocol."""
        return self._ws_factory

    @ws_factory.setter
    def ws_factory(self, daphnes: Any) -> None:
        daphnes.protocol = WebSocket
        self._ws_factory = daphnes

    def listen_success(self, port: Any) -> None:
        """Tell that connections are taken."""
        super().listen_success(port)
        self._ports.append(port)
        self._listening(port.getHost().port)

    def listen_error(self, failure: Failure) -> None:
        """Tell why no connection can be taken, and stop."""
        self._failed(str(getattr(failure.value, "socketError", failure.value)))
        self.stop()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Start the application of one request or one socket; what either has pending is bounded."""
        if scope["type"] == "websocket":
            valve = Valve(protocol.transport)
            protocol.transport.unregisterProducer()
            protocol.transport.registerProducer(valve, True)
            inbox = Inbox(valve)
            scope["drained"] = valve.drained
        elif protocol.has_body:
            inbox = protocol.inbox()
        else:
            return super().create_application(protocol, scope)
        scope["asgi"] = {"version": "3.0"}
        application = self.application(scope, inbox.get, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(application)
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Send what the application says as fast as it is read, but nothing to a socket that is gone.

        Daphne itself passes on no close code below 3000 and no reason.
        """
        if isinstance(protocol, WebSocketProtocol):
            if protocol.state in (protocol.STATE_CLOSING, protocol.STATE_CLOSED):
                return
            if message["type"] == "websocket.close" and protocol.state == protocol.STATE_OPEN:
                reason = str(message.get("reason", "")).encode()[:123]
                protocol.sendCloseFrame(code=message.get("code", 1000), reasonUtf8=reason)
                return
        await super().handle_reply(protocol, message)
        if isinstance(protocol, WebRequest):
            await protocol.drained()

    def kill_all_applications(self) -> Any:
        """Before the reactor stops: cancel what runs, and wait until every socket has said goodbye."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._stop_connections()))

    async def _stop_connections(self) -> None:
        for port in self._ports:
            port.stopListening()
        applications = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        for application in applications:
            application.cancel()
        if applications:
            await asyncio.wait(applications, timeout=STOP_APPLICATIONS_S)
        closing = [
            protocol.is_closed.asFuture(asyncio.get_running_loop())
            for protocol in self.connections
            if isinstance(protocol, WebSocketProtocol) and protocol.state != protocol.STATE_CLOSED
        ]
        if closing:
            await asyncio.wait(closing, timeout=STOP_SOCKETS_S)


def stop_soon(server: WebServer) -> None:
    """Stop the server; may be called from a signal handler or another thread."""
    reactor.callFromThread(server.stop)
