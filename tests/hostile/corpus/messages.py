"""JSON and WebSocket frames, many of them wrong, made from a seed."""

import json
import struct
from random import Random
from typing import Any

from tests.hostile.sockets.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame


def json_value(random: Random, depth: int = 3) -> Any:
    """Any JSON value."""
    plain: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        1.5,
        10**18,
        1e308,
        "",
        "pong",
        "\0",
        "\ud800",
        "é" * 50,
        "x" * 300,
    )
    if depth == 0 or random.random() < 0.4:
        return random.choice(plain)
    if random.random() < 0.5:
        return [json_value(random, depth - 1) for _ in range(random.randint(0, 4))]
    names = ("type", "id", "name", "nodes", "edges", "params", "zones", "", "\0", "x" * 200)
    return {random.choice(names): json_value(random, depth - 1) for _ in range(random.randint(0, 4))}


def broken_json(random: Random) -> bytes:
    """JSON, or what only some take for JSON."""
    text = json.dumps(json_value(random)).encode()
    match random.randrange(8):
        case 0:
            return text[: random.randint(0, len(text))]
        case 1:
            return b"[" * random.choice((31, 33, 1000, 5000))
        case 2:
            return random.choice((b"NaN", b"[Infinity]", b"1e999", b"9" * 5000, b"-", b"0x10", b"'a'"))
        case 3:
            return b'{"type": "pong", "type": ' + text + b"}"
        case 4:
            return random.randbytes(random.randint(0, 60))
        case 5:
            return text.decode().encode("utf-16")
        case _:
            return text


def socket_bytes(random: Random) -> bytes:
    """Frames of the WebSocket protocol, many of them wrong."""
    payload = random.choice((b"", b"hello", b"\xff\xfe", b"x" * 126, broken_json(random)[:2000]))
    match random.randrange(9):
        case 0:
            return frame(
                payload, random.randrange(16), fin=random.random() < 0.8, reserved=random.randrange(8)
            )
        case 1:
            return frame(payload, random.choice((TEXT, BINARY)), mask=None)
        case 2:
            return frame(payload[:100], random.choice((PING, PONG, CLOSE)), fin=random.random() < 0.7)
        case 3:
            return frame(b"x" * random.choice((126, 200, 70000)), random.choice((PING, PONG, CLOSE)))
        case 4:
            code = random.choice((0, 999, 1000, 1004, 1005, 1006, 1015, 2999, 3000, 4999, 5000, 65535))
            return frame(struct.pack(">H", code) + payload[:100], CLOSE)
        case 5:
            return frame(payload, CONTINUATION, fin=random.random() < 0.5) * random.randint(1, 3)
        case 6:
            return frame(payload, BINARY, length=random.choice((2**31, 2**62, 2**63, 2**64 - 1)))
        case 7:
            return frame(payload[:100], random.choice((TEXT, BINARY)), length_bytes=random.choice((2, 8)))
        case _:
            return random.randbytes(random.randint(1, 200))
