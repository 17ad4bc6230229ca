"""Pictures for a stream, most of them broken, made from a seed."""

import io
import struct
from collections.abc import Callable
from functools import cache
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.hostile.corpus.files import NUMBERS, file_head

Maker = Callable[[Random], bytes]
SIZES = ((1, 1), (1, 400), (400, 1), (3, 200), (16, 16), (64, 48), (320, 240))


@cache
def pictures() -> list[bytes]:
    """Small valid JPEG files of every kind that encoders write."""
    made = []
    for number, size in enumerate(SIZES):
        for mode in ("RGB", "L", "CMYK"):
            for options in ({}, {"progressive": True}, {"quality": 1}, {"restart_marker_blocks": 2}):
                image = Image.fromarray(noise(size, number)).convert(mode)
                buffer = io.BytesIO()
                image.save(buffer, "JPEG", **options)
                made.append(buffer.getvalue())
    return made


def noise(size_wh: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """Grey noise, the same in every process: Pillow's own has no seed."""
    values = np.random.default_rng(seed).normal(128, 40 + seed, size_wh[::-1])
    return values.clip(0, 255).astype(np.uint8)


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
