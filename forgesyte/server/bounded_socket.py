"""Bounds what one WebSocket may cost: what is too large is not read, and no client holds the event loop."""

from dataclasses import dataclass
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from autobahn.websocket.xormasker import XorMaskerNull
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor

from forgesyte.server.flow_control import FlowControl

# A frame takes two or three steps, and a packet may hold thousands of frames: then others have a turn.
STEPS_A_TURN = 48
REST_S = 0.02
CLOSING_REST_S = 0.25
# How long a client that was told of the end may take to close; what it sends meanwhile is thrown away.
CLOSE_WITHIN_S = 5.0
FIRST_CONTROL_OPCODE = 8


@dataclass(frozen=True)
class MessageLimits:
    """The most bytes of one message that an application takes, by its kind."""

    text: int
    binary: int


class BoundedSocket(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Daphne's socket with bounds on what one client's messages may cost.

    An application says through `scope["take_at_most"]`, before it accepts, how large a message may be. A
    larger one is neither kept nor unmasked: `websocket.receive` with `too_large` comes in its place, and no
    message after it. Who sends many small frames at once is read slowly. Frames that break RFC 6455 end the
    connection with the close code for it, and nothing is read after them.
    """

    # Of Autobahn's.
    current_frame: Any
    message_data: list[bytes]

    def __init__(self) -> None:
        super().__init__()
        self.flow: FlowControl | None = None
        self._limits: MessageLimits | None = None
        self._refusing = False
        self._failed = False
        self._waiting = False

    def take_at_most(self, *, text: int, binary: int) -> None:
        """Refuse larger messages from now on; sizes in bytes, 0 for none of this kind."""
        self._limits = MessageLimits(text, binary)

    def onConnect(self, request: Any) -> Any:
        """A handshake has come in; Daphne would fail on names of subprotocols that are not ASCII."""
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, "Sec-WebSocket-Protocol is not ASCII")
        return super().onConnect(request)

    def dataReceived(self, data: bytes) -> None:
        """Bytes have come in; nobody looks at those of a client that broke the protocol."""
        if not self._failed:
            super().dataReceived(data)

    def consumeData(self) -> None:
        """Handle what has come in, in several turns of the event loop where it is much."""
        if self.state not in (self.STATE_OPEN, self.STATE_CLOSING):
            super().consumeData()
        elif not self._waiting:
            self._take_turn()

    def _take_turn(self) -> None:
        for _ in range(STEPS_A_TURN):
            if self._failed or self.state == self.STATE_CLOSED or not self.processData():
                return
        self._waiting = True
        if self.flow is not None:
            self.flow.pause("turn")
        reactor.callLater(REST_S if self.state == self.STATE_OPEN else CLOSING_REST_S, self._go_on)

    def _go_on(self) -> None:
        self._waiting = False
        if self.flow is not None:
            self.flow.resume("turn")
        self.consumeData()

    # Messages that are too large

    @property
    def _is_thrown_away(self) -> bool:
        return self._refusing and self.current_frame.opcode < FIRST_CONTROL_OPCODE

    def onFrameBegin(self) -> None:
        """A frame begins; the rest of what is refused is not unmasked."""
        super().onFrameBegin()
        if self._is_thrown_away:
            self.current_frame_masker = XorMaskerNull()

    def onMessageBegin(self, isBinary: bool) -> None:
        """A message begins; nobody hears of those that come after the end was announced."""
        super().onMessageBegin(isBinary)
        self._refusing = self._refusing or self.state == self.STATE_CLOSING

    def onMessageFrameBegin(self, length: int) -> None:
        """A frame of a message begins, of so many bytes."""
        if self._limits is not None and not self._refusing:
            most = self._limits.binary if self.message_is_binary else self._limits.text
            if self.message_data_total_length + length > most:
                self._refuse()
        if not self._refusing:
            super().onMessageFrameBegin(length)

    def onFrameData(self, payload: bytes) -> Any:
        """A piece of a frame."""
        return None if self._is_thrown_away else super().onFrameData(payload)

    def onFrameEnd(self) -> Any:
        """A frame is complete."""
        if not self._is_thrown_away:
            return super().onFrameEnd()
        self.inside_message = not self.current_frame.fin
        self.current_frame = None
        return None

    def _refuse(self) -> None:
        self._refusing = True
        self.message_data = []
        content: dict[str, Any] = {"bytes": b""} if self.message_is_binary else {"text": ""}
        self.application_queue.put_nowait({"type": "websocket.receive", "too_large": True, **content})

    # Frames that break the protocol

    def _fail_connection(self, *args: Any, **kwargs: Any) -> None:
        self._failed = self.state == self.STATE_OPEN
        super()._fail_connection(*args, **kwargs)

    def _protocol_violation(self, reason: str) -> bool:
        super()._protocol_violation(reason)
        return True

    def _invalid_payload(self, reason: str) -> bool:
        super()._invalid_payload(reason)
        return True
