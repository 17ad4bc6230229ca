"""One HTTP request: the application gets its body as it arrives, the client its answer as it reads."""

import asyncio
from collections.abc import Callable
from typing import Any

from daphne.http_protocol import HTTPFactory
from daphne.http_protocol import WebRequest as DaphneRequest
from twisted.internet import reactor
from twisted.web import http

from forgesyte.server.flow_control import FlowControl, ReceiveQueue

# How long a refused body is still taken in, so that the client gets to read why: a connection that is closed
# while data comes in is reset, and what was sent on it is lost.
LINGER_S = 30.0
# A client that reads nothing of its answer for so long is gone.
STALLED_S = 300.0
# Of a declared length: more than any disk holds.
MOST_DIGITS = 19
# The head of a request takes so many seconds in all, however it trickles in.
HEAD_WITHIN_S = 20


class ArrivingContent:
    """Stands where Twisted keeps the body of a request; being closed keeps Daphne from queueing all of it."""

    closed = True

    def seek(self, *position: int) -> None:
        """There is nothing to go back to."""

    def close(self) -> None:
        """There is nothing to close."""


class BodyQueue(ReceiveQueue):
    """The pieces of a body that the application has not taken yet; its first look asks the client to send."""

    def __init__(self, flow: FlowControl, ask: Callable[[], None]) -> None:
        super().__init__(flow)
        self._ask: Callable[[], None] | None = ask

    async def get(self) -> dict[str, Any]:
        """The next message."""
        if self._ask is not None:
            ask, self._ask = self._ask, None
            ask()
        return await super().get()

    def discard(self) -> None:
        """Forget what nobody will take."""
        while self.qsize():
            self.get_nowait()


class WebRequest(DaphneRequest):  # type: ignore[misc]  # Daphne has no types
    """Daphne's request, whose application starts as soon as the headers are there.

    Twisted and Daphne themselves hold a whole body in memory before the application hears of the request, and
    the whole of what a slow client has not read yet of its answer.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False)
        self._arriving = False
        self._answered = False
        self._expected = False
        self._lingering: Any = None
        self._writable = asyncio.Event()
        self._writable.set()

    # The body

    @property
    def has_body(self) -> bool:
        """True if a body is still coming in."""
        return self._arriving

    def receive_queue(self) -> BodyQueue:
        """A queue for the body, which stops the client while the application does not keep up."""
        return BodyQueue(FlowControl(self.channel._networkProducer), self._continue)

    def gotLength(self, length: int | None) -> None:
        """The headers are complete; a request with a body starts now. The length of a chunked one is None."""
        if length == 0:
            super().gotLength(length)
            return
        self._arriving = True
        self.content = ArrivingContent()
        # A body and an upgrade in one request: the upgrade may be ignored.
        self.requestHeaders.removeHeader(b"Upgrade")
        # Left there, Twisted would ask for the body at once.
        self._expected = b"100-continue" in self.requestHeaders.getRawHeaders(b"Expect", [])
        self.requestHeaders.removeHeader(b"Expect")
        self.method, self.uri = self.channel._command, self.channel._path
        self.clientproto = self.channel._version
        self.path = self.uri.split(b"?", 1)[0]
        self.process()

    def _continue(self) -> None:
        if self._expected and self._arriving and not self._response_started and self.channel is not None:
            self.channel._send100Continue()

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body has come in; nobody wants it any more once the answer is given."""
        if not self._arriving:
            super().handleContentChunk(data)
        elif self.application_queue is not None and not self._answered:
            self.application_queue.put_nowait({"type": "http.request", "body": data, "more_body": True})

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The body is complete."""
        if not self._arriving:
            super().requestReceived(command, path, version)
            return
        self._arriving = False
        if self._answered:
            self._stop_lingering()
            self.finish()
        elif self.application_queue is not None:
            self.application_queue.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    # The answer

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Pass on a part of the answer."""
        if message["type"] == "http.response.start" and self.channel is not None and not self.finished:
            if self._arriving:
                self.channel.persistent = 0
                self.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            self.registerProducer(self, True)
        if message["type"] == "http.response.body" and self.method == b"HEAD":
            # Twisted keeps back the first piece of it only; the next one would be read as the next answer.
            message = {**message, "body": b""}
        super().handle_reply(message)

    async def drained(self) -> None:
        """Wait until the client has read most of what was sent, or is gone."""
        if self._writable.is_set():
            return
        try:
            async with asyncio.timeout(STALLED_S):
                await self._writable.wait()
        except TimeoutError:
            self.transport.abortConnection()

    def pauseProducing(self) -> None:
        """The send buffer is full."""
        self._writable.clear()

    def resumeProducing(self) -> None:
        """The send buffer is empty."""
        self._writable.set()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._writable.set()

    def finish(self) -> None:
        """The answer is complete; what is still to come of the body is read and thrown away."""
        if not self.finished and self._falls_short():
            self.transport.abortConnection()
            return
        if self.producer is not None:
            self.unregisterProducer()
        if not self._arriving:
            super().finish()
            return
        self._answered = True
        if self.application_queue is not None:
            self.application_queue.discard()
        self._lingering = reactor.callLater(LINGER_S, self.transport.abortConnection)

    def break_off(self) -> None:
        """End an answer that was not completed: 500 where nothing of it was sent, else a cut connection.

        Only so the client knows that what it has is not all. Does nothing once the answer is complete.
        """
        if self.finished or self._answered or self._disconnected or self.channel is None:
            return
        if self._response_started:
            self.transport.abortConnection()
        else:
            self.basic_error(500, b"Internal Server Error", "The server could not answer.")

    def handle_exception(self, exception: BaseException | None) -> None:
        """The application has failed."""
        self.break_off()

    def connectionLost(self, reason: Any) -> None:
        """The client is gone."""
        self._stop_lingering()
        self._writable.set()
        super().connectionLost(reason)

    def _falls_short(self) -> bool:
        """True if less was sent than the answer's head said: the client would wait for the rest for ever."""
        said = self.responseHeaders.getRawHeaders(b"Content-Length", [b""])[0]
        bodiless = self.method == b"HEAD" or self.code in http.NO_BODY_CODES
        return said.isdigit() and self.sentLength < int(said) and not bodiless

    def _stop_lingering(self) -> None:
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()


class Channel(http.HTTPChannel):  # type: ignore[misc]
    """Twisted's reader of requests, whose heads have an overall deadline.

    Twisted's own starts anew with each byte, and it fails on a length that Python's `int` does not read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._in_head = False
        self._idle_s: float | None = None

    def resetTimeout(self) -> None:
        """Data have come in. With the first of a head its only time begins."""
        if not self.line_mode:
            super().resetTimeout()
        elif not self._in_head:
            self._in_head = True
            self._idle_s = self.setTimeout(HEAD_WITHIN_S)

    def allHeadersReceived(self) -> None:
        """The head is complete; from here on Twisted's own time counts."""
        if self._in_head:
            self._in_head = False
            self.setTimeout(self._idle_s)
        super().allHeadersReceived()

    def _maybeChooseTransferDecoder(self, header: bytes, data: bytes) -> Any:
        if header == b"Content-Length" and len(data) > MOST_DIGITS:
            return self._failChooseTransferDecoder()
        return super()._maybeChooseTransferDecoder(header, data)


class WebFactory(HTTPFactory):  # type: ignore[misc]
    """Makes the requests of new connections ours."""

    def protocol(self) -> Any:
        """The reader of a new connection, for HTTP/1 and HTTP/2."""
        return http._GenericHTTPChannelProtocol(Channel())

    def buildProtocol(self, addr: Any) -> Any:
        """The protocol of one connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = WebRequest
        return protocol
