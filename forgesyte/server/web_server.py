"""The web server: Daphne, made fit for live sessions and large files in its bounds and its clean stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import defer, reactor
from twisted.logger import STDLibLogObserver, globalLogPublisher
from twisted.python.failure import Failure

from forgesyte.logs import log_event
from forgesyte.server.answer_broken_off import AnswerBrokenOff
from forgesyte.server.bounded_socket import CLOSE_WITHIN_S
from forgesyte.server.connections import ConnectionLimit, LimitedFactory, counted_by
from forgesyte.server.flow_control import FlowControl, ReceiveQueue
from forgesyte.server.https import SecureFactory
from forgesyte.server.web_request import WebFactory, WebRequest
from forgesyte.server.web_socket import WebSocket

logger = logging.getLogger(__name__)

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
        self._limit = ConnectionLimit(settings.PROJECT.connections_per_address)

    @property
    def http_factory(self) -> Any:
        """The factory of the port's connections; ours replaces the one that Daphne sets."""
        return self._http_factory

    @http_factory.setter
    def http_factory(self, daphnes: Any) -> None:
        factory, certificate_pem = WebFactory(self), self._certificate_pem
        served = SecureFactory(factory, certificate_pem) if certificate_pem else factory
        self._http_factory = LimitedFactory(served, self._limit)

    @property
    def ws_factory(self) -> Any:
        """The factory of sockets; ours end with a close code instead of being cut off."""
        return self._ws_factory

    @ws_factory.setter
    def ws_factory(self, daphnes: Any) -> None:
        daphnes.protocol = WebSocket
        daphnes.setProtocolOptions(failByDrop=False, closeHandshakeTimeout=CLOSE_WITHIN_S)
        self._ws_factory = daphnes

    def listen_success(self, port: Any) -> None:
        """Tell that connections are taken."""
        super().listen_success(port)
        port.transport = counted_by(self._limit)
        self._ports.append(port)
        self._listening(port.getHost().port)

    def listen_error(self, failure: Failure) -> None:
        """Tell why no connection can be taken, and stop."""
        self._failed(str(getattr(failure.value, "socketError", failure.value)))
        self.stop()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Start the application of one request or one socket; what either has pending is bounded."""
        receive_queue: ReceiveQueue | asyncio.Queue[dict[str, Any]]
        if scope["type"] == "websocket":
            flow = FlowControl(protocol.transport)
            protocol.transport.unregisterProducer()
            protocol.transport.registerProducer(flow, True)
            receive_queue = ReceiveQueue(flow)
            protocol.flow = flow
            scope["drained"], scope["take_at_most"] = flow.drained, protocol.take_at_most
        elif protocol.has_body:
            receive_queue = protocol.receive_queue()
        else:
            receive_queue = asyncio.Queue()
        scope["asgi"] = {"version": "3.0"}
        running = asyncio.ensure_future(self._run(protocol, scope, receive_queue.get))
        self.connections[protocol]["application_instance"] = running
        return receive_queue

    async def _run(
        self, protocol: Any, scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]]
    ) -> None:
        """Run the application of one connection; whatever it raises ends that connection and nothing else.

        Daphne would hear of an exception a second later, and where an answer had begun by then, it would
        never clean up after any connection again.
        """
        try:
            await self.application(scope, receive, partial(self.handle_reply, protocol))
        except AnswerBrokenOff as error:
            log_event(logger, logging.WARNING, "answer_broken_off", path=scope["path"], detail=str(error))
        except Exception:
            logger.exception("application_failed", extra={"fields": {"path": scope.get("path", "")}})
            if isinstance(protocol, WebSocketProtocol):
                end_socket(protocol)
        finally:
            if isinstance(protocol, WebRequest):
                protocol.break_off()

    def application_checker(self) -> None:
        """Forget connections that are over, once a second, whatever happened in the round before."""
        try:
            super().application_checker()
        except Exception:
            logger.exception("connections_not_reaped")
            reactor.callLater(1, self.application_checker)

    def timeout_checker(self) -> None:
        """Ping sockets and end those that are overdue, every two seconds; one that fails is cut off."""
        for protocol in list(self.connections):
            try:
                protocol.check_timeouts()
            except Exception:
                logger.exception("connection_not_checked")
                protocol.transport.abortConnection()
        reactor.callLater(2, self.timeout_checker)

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


def end_socket(protocol: Any) -> None:
    """Close a WebSocket whose application has failed: 1011, or a refusal where it was not accepted yet."""
    try:
        protocol.handle_exception(None)
    # In some states Daphne cannot say goodbye.
    except Exception:
        protocol.transport.abortConnection()


def stop_soon(server: WebServer) -> None:
    """Stop the server; may be called from a signal handler or another thread."""
    reactor.callFromThread(server.stop)
