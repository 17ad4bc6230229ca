"""Messages that are too large, too many or broken: each ends its own connection, with a word why."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hostile.sockets.raw_socket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    REALTIME,
    TEXT,
    Frame,
    RawSocket,
    frame,
)
from tests.streaming.fakes import jpeg
from tests.streaming.live import LiveServer, prepare, serving

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("messages")
    prepare(data_dir)
    with serving(data_dir) as running:
        yield running
    said = [json.loads(line) for line in running.log.read_text().splitlines() if line.startswith("{")]
    assert [line for line in said if line["level"] == "error"] == []


def end(frames: list[Frame]) -> tuple[str, int | None]:
    """The code in the last message, and the close code."""
    *_, word, close = frames
    message: dict[str, Any] = json.loads(word.payload)
    return message.get("error") or message["payload"]["code"], close.close_code


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (frame(b'{"type": "pong", "x": "' + b"a" * 20 * MEGABYTE + b'"}', TEXT), ("message_too_large", 4413)),
        (frame(b'{"type": "pong"}' + b" " * 4081, TEXT), ("message_too_large", 4413)),
        (frame(b"", TEXT, length=2**62), ("message_too_large", 4413)),
        (frame(b"a" * 4096, TEXT, fin=False) + frame(b"b", CONTINUATION), ("message_too_large", 4413)),
        (frame(b"\0" * MEGABYTE, BINARY), ("invalid_message", 4400)),
        (frame(b'{"type": "pong"}', TEXT) * 21, ("too_many_messages", 4429)),
        (frame(b"[" * 4096, TEXT), ("invalid_message", 4400)),
    ],
    ids=["20 MB", "4097 bytes", "2**62 bytes", "in two", "binary", "21 pongs", "nested"],
)
def test_realtime(server: LiveServer, message: bytes, said: tuple[str, int]) -> None:
    with RawSocket(server.port, REALTIME) as client:
        client.send(message)
        assert end(client.until_the_end()) == said


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (frame("é".encode() * 9 * MEGABYTE, TEXT), ("invalid_message", 4400)),
        (frame(b"\xff" * MEGABYTE, TEXT), ("invalid_message", 4400)),
        (frame(b"", TEXT), ("invalid_message", 4400)),
        (frame(b"a", TEXT, fin=False), ("invalid_message", 4400)),
        (frame(bytes(5 * MEGABYTE + 1)), ("frame_too_large", 4413)),
        (frame(bytes(64 * MEGABYTE)), ("frame_too_large", 4413)),
        (frame(b"", length=2**62), ("frame_too_large", 4413)),
        (
            frame(bytes(5 * MEGABYTE), fin=False) + frame(b"x", CONTINUATION, fin=False),
            ("frame_too_large", 4413),
        ),
    ],
    ids=[
        "18 MB of text",
        "no UTF-8",
        "no text",
        "begun",
        "5 MB and a byte",
        "64 MB",
        "2**62 bytes",
        "in two",
    ],
)
def test_the_stream(server: LiveServer, message: bytes, said: tuple[str, int]) -> None:
    with RawSocket(server.port) as client:
        client.send(frame(jpeg()))
        client.read()
        client.send(message)
        frames = client.until_the_end()
    assert end(frames) == said
    if said[0] == "frame_too_large":
        assert json.loads(frames[-2].payload) == {
            "error": "frame_too_large",
            "detail": "Frame exceeds 5MB",
            "frame_index": 2,
        }


def test_a_frame_in_many_pieces_is_one_frame(server: LiveServer) -> None:
    data = jpeg(640, 480)
    pieces = [data[at : at + 100] for at in range(0, len(data), 100)]
    frames = [frame(pieces[0], BINARY, fin=False)]
    frames += [frame(piece, CONTINUATION, fin=False) + frame(b"hello", PING) for piece in pieces[1:]]
    with RawSocket(server.port) as client:
        client.send(b"".join(frames) + frame(b"", CONTINUATION))
        read = [client.read() for _ in range(len(pieces))]
    assert all(found == Frame(PONG, b"hello") for found in read[:-1])
    assert read[-1] is not None
    assert json.loads(read[-1].payload)["frame_index"] == 1


def test_pongs_that_nobody_asked_for_fill_no_log(server: LiveServer) -> None:
    """RFC 6455, 5.5.3: a client may send them. Each was a line of 170 bytes."""
    before = server.log.stat().st_size
    with RawSocket(server.port) as client:
        client.send(frame(b"x", PONG) * 1000 + frame(b"last", PING))
        assert client.read() == Frame(PONG, b"last")

    assert server.log.stat().st_size - before < 2000


def test_what_comes_after_the_end_is_not_heard(server: LiveServer) -> None:
    with RawSocket(server.port) as client:
        client.send(frame(b"hello", TEXT) + frame(jpeg()) * 50 + frame(b"\x03\xe8", CLOSE))
        frames = client.until_the_end()
        assert client.read() is None
    assert end(frames) == ("invalid_message", 4400)
    assert len(frames) == 2


def raw_answer(server: LiveServer, request: bytes) -> bytes:
    """All that comes back before the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as line:
        line.sendall(request)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_a_length_of_5000_digits_is_a_bad_request(server: LiveServer) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
    assert raw_answer(server, head).startswith(b"HTTP/1.1 400 ")


def test_an_answer_to_head_is_its_head_however_long_it_would_be(server: LiveServer) -> None:
    """Else its rest would be read as the next answer."""
    ask = b"%b /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    # Each view and status adds its lines.
    views = (b"/jobs", b"/plugins", b"/docs", b"/videos/", b"/", b"/nowhere", b"/pipelines/list", b"/health")
    for view in views:
        for method in (b"GET", b"HEAD", b"OPTIONS", b"DELETE"):
            raw_answer(server, ask.replace(b"/metrics", view) % method)
    assert len(raw_answer(server, ask % b"GET")) > 65_536, "more than goes out at once"
    assert raw_answer(server, ask % b"HEAD").endswith(b"\r\n\r\n")
