"""The strict part of RFC 6455, case by case as Autobahn's test suite has it, on both of our endpoints."""

import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator

import pytest

from tests.hostile.sockets.raw_socket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    REALTIME,
    STREAM,
    TEXT,
    Frame,
    RawSocket,
    frame,
)
from tests.streaming.fakes import jpeg
from tests.streaming.live import LiveServer, prepare, serving

PATHS = pytest.mark.parametrize("path", [STREAM, REALTIME], ids=["stream", "realtime"])
PROTOCOL_ERROR, NOT_TEXT = 1002, 1007


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("rfc6455")
    prepare(data_dir)
    with serving(data_dir) as running:
        yield running
        assert not alive(running, 200)
    log = running.log.read_text()
    assert '"level": "error"' not in log
    assert "Traceback" not in log


def alive(server: LiveServer, frames: int) -> list[Frame | None]:
    """The messages to a polite session that are no results; none where all is well."""
    wrong = []
    with RawSocket(server.port) as client:
        for _ in range(frames):
            client.send(frame(jpeg()))
            answer = client.read()
            if answer is None or b'"result"' not in answer.payload:
                wrong.append(answer)
                break
    return wrong


def ended_with(server: LiveServer, path: str, data: bytes) -> int | None:
    """The close code after these bytes; None where the connection was cut off."""
    with RawSocket(server.port, path) as client:
        assert client.is_open
        client.send(data)
        frames = client.until_the_end()
    return frames[-1].close_code if frames and frames[-1].opcode == CLOSE else None


BROKEN = {
    "reserved bit 1": frame(b"x", BINARY, reserved=4),
    "reserved bit 2": frame(b"x", BINARY, reserved=2),
    "reserved bit 3": frame(b"x", TEXT, reserved=1),
    "all reserved bits": frame(b"x", PING, reserved=7),
    **{f"reserved opcode {code}": frame(b"x", code) for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "unmasked": frame(b"x", BINARY, mask=None),
    "unmasked ping": frame(b"x", PING, mask=None),
    "unmasked close": frame(b"\x03\xe8", CLOSE, mask=None),
    "ping of 126 bytes": frame(b"x" * 126, PING),
    "pong of 126 bytes": frame(b"x" * 126, PONG),
    "close of 126 bytes": frame(b"\x03\xe8" + b"x" * 124, CLOSE),
    "ping of 64 KB": frame(b"x" * 65536, PING),
    "ping in pieces": frame(b"x", PING, fin=False),
    "close in pieces": frame(b"\x03\xe8", CLOSE, fin=False),
    "continuation of nothing": frame(b"x", CONTINUATION),
    "last continuation of nothing": frame(b"x", CONTINUATION, fin=False),
    "close with one byte": frame(b"\x03", CLOSE),
    **{
        f"close code {code}": frame(struct.pack(">H", code), CLOSE)
        for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535)
    },
    "length in 2 bytes for 5": frame(b"hello", BINARY, length_bytes=2),
    "length in 8 bytes for 5": frame(b"hello", BINARY, length_bytes=8),
    "length in 8 bytes for 200": frame(b"x" * 200, BINARY, length_bytes=8),
    "length above 2**63": frame(b"x", BINARY, length=2**63),
}


@PATHS
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_protocol_is_told_so(server: LiveServer, path: str, data: bytes) -> None:
    assert ended_with(server, path, data) == PROTOCOL_ERROR


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\xe2\x82",
    ],
    ids=["no byte", "overlong", "surrogate", "too high", "in the middle", "cut off"],
)
def test_text_that_is_no_utf8(server: LiveServer, text: bytes) -> None:
    assert ended_with(server, REALTIME, frame(text, TEXT)) == NOT_TEXT


@PATHS
def test_a_reason_that_is_no_utf8(server: LiveServer, path: str) -> None:
    assert ended_with(server, path, frame(b"\x03\xe8\xff\xfe", CLOSE)) == NOT_TEXT


@PATHS
def test_a_new_message_inside_another(server: LiveServer, path: str) -> None:
    kind = BINARY if path == STREAM else TEXT
    data = frame(b"a", kind, fin=False) + frame(b"b", kind)
    assert ended_with(server, path, data) == PROTOCOL_ERROR


@PATHS
@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_a_close(server: LiveServer, path: str, code: int) -> None:
    with RawSocket(server.port, path) as client:
        client.send(frame(struct.pack(">H", code) + "Auf Wiedersehen ü".encode(), CLOSE))
        last = client.until_the_end()[-1]
    assert (last.opcode, last.close_code) == (CLOSE, 1000)


@PATHS
def test_pings_are_answered_in_order_with_what_they_said(server: LiveServer, path: str) -> None:
    said = [b"", b"\xff\0", b"x" * 125]
    with RawSocket(server.port, path) as client:
        client.send(b"".join(frame(text, PING) for text in said) + frame(b"nobody asked", PONG))
        assert [client.read() for _ in said] == [Frame(PONG, text) for text in said]


@PATHS
def test_byte_by_byte(server: LiveServer, path: str) -> None:
    """A message in the smallest pieces is understood as if it came at once."""
    with RawSocket(server.port, path) as client:
        for byte in frame(b"slowly", PING) + frame(b"\x03\xe8", CLOSE):
            client.send(bytes([byte]))
        frames = client.until_the_end()
    assert frames[0] == Frame(PONG, b"slowly")
    assert frames[-1].opcode == CLOSE


@PATHS
def test_no_compression_is_agreed_on_so_no_bomb_is_inflated(server: LiveServer, path: str) -> None:
    offer = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bomb.compress(bytes(50 * 1024 * 1024)) + bomb.flush(zlib.Z_SYNC_FLUSH)
    with RawSocket(server.port, path, offer) as client:
        assert b"deflate" not in client.answer.lower()
        client.send(frame(data[:-4], BINARY, reserved=4))
        assert client.until_the_end()[-1].close_code == PROTOCOL_ERROR


@PATHS
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Sec-WebSocket-Version: 12\r\n", 400),
        (b"Sec-WebSocket-Key: short\r\n", 400),
        (b"Origin: not a url\r\n", 400),
        (b"Origin: http://evil.example\r\n", 403),
        (b"X: " + b"y" * 20_000 + b"\r\n", None),
        (b"".join(b"X-%d: y\r\n" % number for number in range(600)), 400),
        (b"Sec-WebSocket-Protocol: \xff\xfe\r\n", 400),
        (b"no colon\r\n", 400),
    ],
    ids=["version", "key", "origin", "other site", "long header", "many headers", "subprotocol", "no colon"],
)
def test_handshakes_that_are_refused(
    server: LiveServer, path: str, headers: bytes, status: int | None
) -> None:
    assert status_of(server, path, headers) == status


def status_of(server: LiveServer, path: str, headers: bytes) -> int | None:
    """The answer to a handshake; None where the connection was cut off instead."""
    try:
        with RawSocket(server.port, path, headers) as client:
            return int(client.answer.split()[1])
    except (EOFError, ConnectionError):
        return None


def test_half_a_handshake_is_cut_off_or_waits_alone(server: LiveServer) -> None:
    """Many connections that begin and do not go on hold nobody up."""
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    try:
        for number, line in enumerate(idle):
            line.sendall(b"GET /realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "[: number % 40])
        start = time.monotonic()
        assert not alive(server, 20)
        assert time.monotonic() - start < 15
    finally:
        for line in idle:
            line.close()


def test_a_socket_that_is_half_closed_is_over(server: LiveServer) -> None:
    """A client that sends no more has left, whatever it might still read."""
    with RawSocket(server.port) as client:
        client.send(frame(jpeg()))
        first = client.read()
        client.finish()
        assert client.read() is None
    assert first is not None
    assert json.loads(first.payload)["frame_index"] == 1


def test_a_socket_that_is_torn_off(server: LiveServer) -> None:
    for cut_at in (1, 5, 100):
        client = RawSocket(server.port)
        client.send(frame(jpeg())[:cut_at])
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
    assert not alive(server, 5)
