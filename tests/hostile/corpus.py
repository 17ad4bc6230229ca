"""What a stranger may send, made from a seed: every maker takes a `Random` and says the same again."""

import io
import json
import struct
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from PIL import Image

from tests.hostile.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

BOUNDARY = b"the-end-of-a-part"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"
Maker = Callable[[Random], bytes]
NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 4095, 32767, 32768, 65534, 65535)
SIZES = ((1, 1), (1, 400), (400, 1), (3, 200), (16, 16), (64, 48), (320, 240))


# Pictures


@cache
def pictures() -> list[bytes]:
    """Small valid JPEG files of every kind that encoders write."""
    made = []
    for number, size in enumerate(SIZES):
        for mode in ("RGB", "L", "CMYK"):
            for options in ({}, {"progressive": True}, {"quality": 1}, {"restart_marker_blocks": 2}):
                image = Image.effect_noise(size, 40 + number).convert(mode)
                buffer = io.BytesIO()
                image.save(buffer, "JPEG", **options)
                made.append(buffer.getvalue())
    return made


def segments(data: bytes) -> list[bytes]:
    """A JPEG file in pieces: its start, each segment, and all from the first scan on."""
    pieces, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        pieces.append(data[at:end])
        at = end
    return [*pieces, data[at:]]


def segment(random: Random) -> bytes:
    """A segment of any kind with anything in it."""
    content = random.randbytes(random.choice((0, 1, 6, 17, 64, 300)))
    length = random.choice((len(content) + 2, random.choice(NUMBERS)))
    return bytes(
        [0xFF, random.choice((0xC0, 0xC2, 0xC4, 0xC9, 0xDA, 0xDB, 0xDD, 0xE1, 0xFE, random.randrange(256)))]
    ) + (length.to_bytes(2) + content)


def scramble_segments(random: Random) -> bytes:
    """Segments left out, doubled, swapped, cut, put in, or with another word in them."""
    pieces = segments(random.choice(pictures()))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(1, len(pieces))
        piece = bytearray(pieces[at])
        match random.randrange(6):
            case 0:
                pieces[at] = b""
            case 1:
                pieces.insert(at, pieces[random.randrange(len(pieces))])
            case 2:
                pieces.insert(at, segment(random))
            case 3:
                pieces[at] = pieces[at][: random.randint(0, len(piece))]
            case 4 if len(piece) > 4:
                struct.pack_into(">H", piece, random.randrange(2, len(piece) - 2), random.choice(NUMBERS))
                pieces[at] = bytes(piece)
            case _:
                pieces[at] = pieces[at] * random.randint(2, 40)
    return b"".join(pieces)


def declared_size(random: Random) -> bytes:
    """A picture whose header declares another size, or another number of colours or bits."""
    pieces = segments(random.choice(pictures()))
    for number, piece in enumerate(pieces):
        if piece[:1] == b"\xff" and piece[1:2] in (b"\xc0", b"\xc2"):
            changed = bytearray(piece)
            changed[random.choice((4, 9, 10, 11))] = random.randrange(256)
            changed[5:9] = struct.pack(">HH", random.choice(NUMBERS), random.choice(NUMBERS))
            pieces[number] = bytes(changed)
    return b"".join(pieces)


def flipped(random: Random) -> bytes:
    """A picture with some bytes changed anywhere but in its first and last two."""
    data = bytearray(random.choice(pictures()))
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        data[random.randrange(2, len(data) - 2)] = random.choice((0, 0xFF, random.randrange(256)))
    return bytes(data)


def many_scans(random: Random) -> bytes:
    """A progressive picture with its scans over and over."""
    data = next(data for data in pictures()[random.randrange(40) :] if b"\xff\xc2" in data)
    at = data.index(b"\xff\xda")
    return data[:at] + data[at:-2] * random.choice((2, 30, 300)) + data[-2:]


def cut(random: Random) -> bytes:
    """A picture that breaks off, with or without an end."""
    data = random.choice(pictures())
    return data[: random.randrange(len(data))] + random.choice((b"", b"\xff\xd9"))


def no_jpeg(random: Random) -> bytes:
    """Something else than a picture, or a picture of another kind, in a JPEG's clothes or not."""
    found = random.choice(
        (b"", b"\xff\xd8\xff\xd9", random.randbytes(random.randint(1, 400)), file_head(random))
    )
    return random.choice((found, b"\xff\xd8" + found + b"\xff\xd9"))


BROKEN_FRAMES: tuple[Maker, ...] = (scramble_segments, declared_size, flipped, many_scans, cut, no_jpeg)


def broken_frame(random: Random) -> bytes:
    """A frame that is not as it should be, or only just."""
    return random.choice(BROKEN_FRAMES)(random)


# Messages


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


# Bodies


def definition(random: Random) -> dict[str, Any]:
    """A definition with something wrong, or nothing."""
    count = random.choice((1, 2, 5, 64, 65))
    ids = [f"n{number}" for number in range(count)]
    tools: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("steady", "work", {}),
        ("count", "zones", {"zones": {"a": zone(random)}}),
        ("count", "lines", {"lines": {"a": zone(random)[:2]}}),
        ("filter", "detections", {"labels": ["a"] * random.choice((1, 2001)), "zones": [zone(random)]}),
        (
            "yolo",
            "detect",
            {"weights": random.choice(("../../etc/passwd", "http://127.0.0.1:1/x", "yolo11n", ""))},
        ),
        ("", "\0", {"x": json_value(random)}),
    )
    chosen = [random.choice(tools) for _ in ids]
    nodes: list[Any] = [
        {"id": node_id, "plugin_id": plugin, "tool_id": tool, "params": params}
        for node_id, (plugin, tool, params) in zip(ids, chosen, strict=True)
    ]
    edges: list[Any] = [
        {"from_node": random.choice(ids), "to_node": random.choice(ids)}
        for _ in range(random.choice((0, 1, count, 257)))
    ]
    made = {
        "id": "a",
        "name": "A",
        "nodes": nodes,
        "edges": edges,
        "entry_nodes": ids[:1],
        "output_nodes": ids[-1:],
    }
    for _ in range(random.randrange(3)):
        made[random.choice(list(made))] = json_value(random)
    return made


def zone(random: Random) -> list[Any]:
    """Corners, on the frame or not, of a polygon or not."""
    count = random.choice((0, 1, 3, 4, 20, 100, 101))
    return [[random.choice((0, 1, 0.5, random.random(), -1, 1e9)), random.random()] for _ in range(count)]


def definition_body(random: Random) -> bytes:
    """The body of a check."""
    if random.random() < 0.2:
        return broken_json(random)
    text = json.dumps(definition(random)).encode()
    return text[: random.randint(0, len(text))] if random.random() < 0.1 else text


def part(random: Random, content: bytes, name: str) -> bytes:
    """One part of a form, or something like it."""
    end = random.choice((b"\r\n",) * 8 + (b"\n",))
    heads = [
        f'Content-Disposition: form-data; name="{name}"'.encode()
        + random.choice(
            (
                b"",
                b'; filename="a.jpg"',
                b'; filename="../../a\0b"',
                b"; filename*=UTF-8''%ff",
                b"; filename=" + b"a" * 2000,
            )
        ),
        *random.choice(
            (
                [],
                [b"Content-Type: image/jpeg"],
                [b"Content-Transfer-Encoding: base64"],
                [b"Content-Transfer-Encoding: " + b"x" * 500],
                [b"X-%d: a" % number for number in range(100)],
                [b"Content-Length: 99999999999999999999"],
                [b"no colon"],
            )
        ),
    ]
    return b"--" + BOUNDARY + end + end.join(heads) + end * 2 + content + end


def form(random: Random, *, fields: tuple[str, ...] = ("file",)) -> bytes:
    """A multipart body, whole or not."""
    content = random.choice((broken_frame, file_head, random_bytes))(random)
    parts = [part(random, content, random.choice((*fields, "", "x" * 300, "file")))]
    parts += [
        part(
            random,
            random.choice((b"", b"quick", b"1", b"-1", b"nan", broken_json(random)[:300])),
            random.choice(fields),
        )
        for _ in range(1100 if random.random() < 0.01 else random.randrange(4))
    ]
    random.shuffle(parts)
    whole = random.choice((b"", b"", b"a preamble\r\n")) + b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"
    return whole[: random.randrange(len(whole))] if random.random() < 0.2 else whole


def random_bytes(random: Random) -> bytes:
    """Anything."""
    return random.randbytes(random.choice((0, 1, 100, 3000)))


# The beginnings of files


def box(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    """A box of an MP4 file."""
    return struct.pack(">I", len(content) + 8 if size is None else size & 0xFFFFFFFF) + kind + content


def mp4_head(random: Random) -> bytes:
    """Boxes in boxes, with sizes that are wrong."""

    def inside(depth: int) -> bytes:
        kinds = (
            b"moov",
            b"trak",
            b"mdia",
            b"minf",
            b"stbl",
            b"stsd",
            b"mvhd",
            b"mdat",
            b"free",
            b"stts",
            b"stco",
        )
        size = random.choice((None, None, None, 0, 1, 7, 2**31, 2**32 - 1))
        content = (
            b"".join(inside(depth - 1) for _ in range(random.randrange(4)))
            if depth
            else random.randbytes(random.randrange(60))
        )
        return box(random.choice(kinds), content, size)

    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + b"".join(inside(4) for _ in range(3))


def avi_head(random: Random) -> bytes:
    """A RIFF file that declares any size and any number of streams."""
    header = struct.pack(
        "<14I", *(random.choice((0, 1, 25, 640, 10_000, 2**31, 2**32 - 1)) for _ in range(14))
    )
    content = (
        b"AVI LIST"
        + struct.pack("<I", 64)
        + b"hdrlavih"
        + struct.pack("<I", 56)
        + header
        + random.randbytes(80)
    )
    return b"RIFF" + struct.pack("<I", random.choice((len(content), 0, 2**32 - 1))) + content


def matroska_head(random: Random) -> bytes:
    """EBML elements of any size."""
    return (
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska\x18\x53\x80\x67"
        + random.choice((b"\x01\xff\xff\xff\xff\xff\xff\xff", b"\x80", random.randbytes(8)))
        + random.randbytes(random.randrange(200))
    )


def picture_head(random: Random) -> bytes:
    """The beginning of a PNG, GIF, TIFF, BMP or WebP file that declares any size."""
    width, height = random.choice(NUMBERS), random.choice((*NUMBERS, 2**31 - 1))
    ihdr = (
        b"IHDR"
        + struct.pack(">II", width, height)
        + bytes((random.choice((1, 8, 16, 99)), random.randrange(8), 0, 0, 0))
    )
    heads = (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + ihdr + random.randbytes(40),
        b"GIF89a" + struct.pack("<HH", width, height & 0xFFFF) + random.randbytes(30),
        random.choice((b"II*\0", b"MM\0*")) + random.randbytes(60),
        b"BM" + random.randbytes(12) + struct.pack("<Iii", 40, width, height) + random.randbytes(40),
        b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + random.randbytes(60),
    )
    return random.choice(heads)


def file_head(random: Random) -> bytes:
    """The beginning of a file of any kind."""
    return random.choice((mp4_head, avi_head, matroska_head, picture_head))(random)


# Requests


NO_JOB = "00000000-0000-0000-0000-000000000000"
JOBS = (NO_JOB, "x", "../..", "%00", "a" * 500)
PLACES = (
    *("/jobs", "/pipelines/list", "/plugins", "/health", "/openapi.json", "/", "/videos/", "/nowhere", "//"),
    *("/%ff", "/static/../x", "/admin/login/", "/metrics", "/docs", "/v1/jobs", "/ready"),
    *(f"/jobs/{job}{then}" for job in JOBS for then in ("", "/video", "/cancel", "/retry", "/annotated")),
    *(f"/video/results/{job}" for job in JOBS),
    *(f"/pipelines/{job}/info" for job in JOBS),
    *(f"/videos/{job}/" for job in JOBS),
)
QUERIES = (
    *(
        "",
        "",
        "cursor=x",
        "cursor=MDAwMS0wMS0wMVQwMDowMDowMHx4",
        "limit=0",
        "limit=nan",
        "status=%00",
        "%",
        "=&=&",
    ),
    *("limit=9" + "9" * 4000, "text=" + "%f0" * 50, "a=" + "b" * 12_000, "first_frame=-1&last_frame=1e9"),
    *("format=xml", "status=" + ",".join("x" * 99), "&".join(f"a{number}=1" for number in range(1100))),
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Range": "bytes=" + "9" * 5000 + "-"},
    {"Range": "bytes=0-,0-,0-"},
    {"Accept": "text/html"},
    {"Accept": "/;q=x"},
    {"Cookie": "sessionid=" + "x" * 3000},
    {"Accept-Encoding": "\x7f"},
    {"X": "y" * 8000},
    {"If-Modified-Since": "never"},
    {"Origin": "http://evil.example"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Length": "9" * 5000},
)
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH")


def request(random: Random) -> tuple[str, str, dict[str, str]]:
    """Method, address and headers of a request that carries nothing."""
    path, query = random.choice(PLACES), random.choice(QUERIES)
    return random.choice(METHODS), f"{path}?{query}" if query else path, dict(random.choice(HEADERS))
