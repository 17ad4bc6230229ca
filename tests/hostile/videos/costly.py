"""Small video files that cost much memory where somebody believes or decodes them."""

import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

SIDE = 10_000
RATE = Fraction(25)


def empty_png(width: int, height: int) -> bytes:
    """A black PNG of 48 bits a pixel, made without making the picture: a thousandth of its pixels' size."""
    pack = zlib.compressobj(9)
    row = bytes(1 + width * 6)
    data = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    header = struct.pack("!IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, content) for name, content in chunks)


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack("!I", len(content)) + name + content + struct.pack("!I", zlib.crc32(name + content))


def write_avi(path: Path, declared_wh: tuple[int, int], frames: Sequence[bytes]) -> Path:
    """An AVI of PNG frames, whatever size its header declares."""
    with av.open(str(path), "w", format="avi") as container:
        stream: Any = container.add_stream("png", rate=RATE)
        stream.width, stream.height = declared_wh
        stream.pix_fmt = "rgb48be"
        stream.codec_context.time_base = 1 / RATE
        for number, frame in enumerate(frames):
            packet: Any = av.Packet(frame)
            packet.stream, packet.time_base = stream, 1 / RATE
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
    return path


def write_huge_avi(path: Path) -> Path:
    """It declares what it has: 100 million pixels of 48 bits, in 600 KB."""
    return write_avi(path, (SIDE, SIDE), [empty_png(SIDE, SIDE)])


def write_lying_avi(path: Path, good: int = 3, huge: int = 24) -> Path:
    """It declares 64x64 pixels; after some frames of that size come those of 100 million pixels."""
    small, large = empty_png(64, 64), empty_png(SIDE, SIDE)
    return write_avi(path, (64, 64), [small] * good + [large] * huge)
