"""The beginnings of video and picture files, made from a seed."""

import struct
from random import Random

NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 4095, 32767, 32768, 65534, 65535)


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
