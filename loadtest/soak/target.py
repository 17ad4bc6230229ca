"""The server as the clients of a soak reach it: requests, raw connections and raw WebSockets."""

import json
import random
import socket
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode

from loadtest.plan import STREAM_PATH

PATIENCE_S = 30.0
HEAD_BYTES = 16 * 1024
PIECE_BYTES = 256 * 1024
BOUNDARY = "forgesyte-soak"
# Closing sends a reset in place of a goodbye.
RESET = struct.pack("ii", 1, 0)


class Unexpected(Exception):
    """The server did what it must not; says what."""


class Busy(Exception):
    """The server said that it has too much to do, which it may."""


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body's content; raises Unexpected where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Unexpected(f"no JSON: {self.body[:80]!r}") from error


@dataclass(frozen=True)
class Target:
    """One server and what is sent to it; `stopping` ends every wait.

    `film` is a small video, `large_film` one that no connection's buffers hold. `pid` is the server's process
    where it runs here, `kills` says that its workers may be killed, `log` is where it
    writes.
    """

    url: str
    pipeline_id: str
    frames: tuple[bytes, ...]
    film: bytes
    large_film: bytes
    headers: tuple[tuple[str, str], ...] = ()
    pid: int | None = None
    kills: bool = False
    log: Path | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    chance: random.Random = field(default_factory=lambda: random.Random(11))

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> Answer:
        """Send a request and read its whole answer; raises OSError and HTTPException."""
        connection = self._connection()
        try:
            connection.request(method, path, body or None, self._headers(content_type))
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()

    def expect(
        self, status: int, method: str, path: str, body: bytes = b"", content_type: str = ""
    ) -> Answer:
        """The same where only one status will do; raises Busy for 429, and Unexpected."""
        answer = self.ask(method, path, body, content_type)
        if answer.status == 429:
            raise Busy(answer.body.decode(errors="replace"))
        if answer.status != status:
            raise Unexpected(f"{method} {path.split('?')[0]}: {answer.status} {answer.body[:200]!r}")
        return answer

    def connect(self) -> socket.socket:
        """A connection on which nothing has been sent; raises OSError."""
        connection = self._connection()
        connection.connect()
        assert connection.sock
        opened: socket.socket = connection.sock
        return opened

    def open_stream(self) -> socket.socket:
        """A raw WebSocket to a live session; raises Unexpected and OSError."""
        return self.open_socket(f"{STREAM_PATH}?pipeline_id={self.pipeline_id}")

    def open_socket(self, path: str) -> socket.socket:
        """A raw WebSocket; raises Unexpected and OSError."""
        opened = self.connect()
        handshake = self._headers() | {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": b64encode(token_bytes(16)).decode(),
        }
        opened.sendall(self.request_head("GET", path, handshake))
        head = read_head(opened)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            opened.close()
            raise Unexpected(f"handshake of {path.split('?')[0]}: {head[:80]!r}")
        return opened

    def request_head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        """The first lines of a request, up to the empty one."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()

    def form(self, file: bytes, name: str = "soak.mp4", **fields: str) -> tuple[bytes, str]:
        """A multipart body with a file, and its content type."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body = b"".join([*parts, head, file, f"\r\n--{BOUNDARY}--\r\n".encode()])
        return body, f"multipart/form-data; boundary={BOUNDARY}"

    def frame(self) -> bytes:
        """One of the frames, as a WebSocket message."""
        return Frame(Opcode.BINARY, self.chance.choice(self.frames)).serialize(mask=True)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until the soak ends."""
        self.stopping.wait(seconds)

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        assert parts.hostname
        return kind(parts.hostname, parts.port, timeout=PATIENCE_S)

    def _headers(self, content_type: str = "") -> dict[str, str]:
        return dict(self.headers) | ({"Content-Type": content_type} if content_type else {})


def read_head(opened: socket.socket) -> bytes:
    """The bytes up to the end of a head; what follows in the same packet is lost. Raises Unexpected."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = opened.recv(HEAD_BYTES)
        if not piece or len(head) > HEAD_BYTES:
            raise Unexpected("the connection ended within the head of an answer")
        head += piece
    return head


def reset(opened: socket.socket) -> None:
    """End a connection as a machine does that has lost all knowledge of it."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    opened.close()


def ends_within(opened: socket.socket, seconds: float) -> bool:
    """True if the server ends the connection in this time; what it sends until then is thrown away."""
    deadline = time.monotonic() + seconds
    try:
        while (left_s := deadline - time.monotonic()) > 0:
            opened.settimeout(left_s)
            if not opened.recv(PIECE_BYTES):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
    return False
