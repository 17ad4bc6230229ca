"""A WebSocket client that says whatever it is told to, right or wrong: RFC 6455 by hand."""

import base64
import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
STREAM = "/ws/video/stream?pipeline_id=quick"
REALTIME = "/realtime"
PATIENCE_S = 15.0


@dataclass(frozen=True)
class Frame:
    """One frame as it was read."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int | None:
        """The code of a close frame that has one."""
        return struct.unpack_from(">H", self.payload)[0] if len(self.payload) >= 2 else None


def frame(
    payload: bytes = b"",
    opcode: int = BINARY,
    *,
    fin: bool = True,
    reserved: int = 0,
    mask: bytes | None = b"\x01\x02\x03\x04",
    length: int | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """One frame; `length` is declared instead of the payload's own, in 0, 2 or 8 bytes of their own."""
    declared = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 0 if declared < 126 else 2 if declared < 65536 else 8
    short = {0: declared, 2: 126, 8: 127}[length_bytes]
    head = bytes([fin << 7 | reserved << 4 | opcode, (mask is not None) << 7 | short])
    if length_bytes:
        head += declared.to_bytes(length_bytes)
    return head + payload if mask is None else head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """The payload under a mask of four bytes."""
    if not payload:
        return b""
    times = len(payload) // 4 + 1
    return (int.from_bytes(payload) ^ int.from_bytes((mask * times)[: len(payload)])).to_bytes(len(payload))


class RawSocket:
    """One connection; `headers` are added to those of the handshake."""

    def __init__(self, port: int, path: str = STREAM, headers: bytes = b"", patience_s: float = PATIENCE_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = bytearray()
        try:
            self.answer = self._shake_hands(port, path, headers)
        except BaseException:
            self.socket.close()
            raise
        self.is_open = self.answer.startswith(b"HTTP/1.1 101 ")

    def _shake_hands(self, port: int, path: str, headers: bytes) -> bytes:
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
            + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n%b\r\n" % (key, headers)
        )
        return self._until(b"\r\n\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def finish(self) -> None:
        """Say that nothing more is sent."""
        # The server may have cut the connection already.
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def read(self) -> Frame | None:
        """The next frame; None at the end of the connection, however it ended."""
        try:
            head = self._exactly(2)
            length = head[1] & 0x7F
            if length > 125:
                length = int.from_bytes(self._exactly(2 if length == 126 else 8))
            return Frame(head[0] & 0x0F, self._exactly(length))
        except (EOFError, ConnectionError):
            return None

    def until_the_end(self) -> list[Frame]:
        """All frames that still come."""
        frames = []
        while found := self.read():
            frames.append(found)
            if found.opcode == CLOSE:
                break
        return frames

    def _exactly(self, count: int) -> bytes:
        while len(self._read) < count:
            self._more()
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken

    def _until(self, end: bytes) -> bytes:
        while end not in self._read:
            self._more()
        return self._exactly(self._read.index(end) + len(end))

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self._read += data
