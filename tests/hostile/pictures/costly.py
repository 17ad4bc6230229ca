"""Pictures that cost their reader much more than their size lets expect, made by code."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

FLAT_QUANTISATION = b"\x00" + b"\x01" * 64
# One code of one bit, for "no difference".
DC_TABLE = b"\x00" + bytes([1, *[0] * 15]) + b"\x00"
# Fifteen codes of four bits: "so many blocks are empty", from 1 up to 32,767.
RUN_TABLE = b"\x10" + bytes([0, 0, 0, 15, *[0] * 12]) + bytes(run << 4 for run in range(15))
LONGEST_RUN = 32_767


def segment(marker: int, body: bytes) -> bytes:
    """A marker segment of a JPEG file."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def frame_header(marker: int, width: int, height: int) -> bytes:
    """Three components of 8 bits without subsampling."""
    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    return segment(marker, struct.pack(">BHHB", 8, height, width, 3) + components)


def scan_header(components: bytes, first: int, last: int) -> bytes:
    """A scan of the coefficients from `first` to `last`."""
    body = b"".join(bytes([number, 0]) for number in components)
    return segment(0xDA, bytes([len(components)]) + body + bytes([first, last, 0]))


def empty_blocks(blocks: int) -> bytes:
    """Entropy-coded data that say: all of these blocks are empty."""
    bits = ""
    while blocks:
        run = min(blocks, LONGEST_RUN)
        size = run.bit_length() - 1
        bits += f"{size:04b}" + (f"{run - (1 << size):0{size}b}" if size else "")
        blocks -= run
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def many_scans(width: int, height: int, scans: int) -> bytes:
    """A valid progressive JPEG of so many scans, all but the first of which say nothing in a few bytes."""
    blocks = -(-width // 8) * -(-height // 8)
    tables = segment(0xDB, FLAT_QUANTISATION) + segment(0xC4, DC_TABLE) + segment(0xC4, RUN_TABLE)
    grey = scan_header(b"\x01\x02\x03", 0, 0) + bytes(-(-blocks * 3 // 8))
    nothing = scan_header(b"\x01", 1, 63) + empty_blocks(blocks)
    header = b"\xff\xd8" + frame_header(0xC2, width, height)
    return header + tables + grey + nothing * (scans - 1) + b"\xff\xd9"


def flat_png(width: int, height: int, *, alpha: bool = False, padding: int = 0) -> bytes:
    """One colour all over, which compresses a thousandfold; `padding` bytes come behind the picture."""
    colour = (200, 30, 60, 128) if alpha else (200, 30, 60)
    buffer = io.BytesIO()
    Image.new("RGBA" if alpha else "RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue() + bytes(padding)


def png_with_chunk(kind: bytes, body: bytes, width: int = 8, height: int = 8) -> bytes:
    """A small PNG with one more chunk before its pixels."""
    data = flat_png(width, height)
    at = data.index(b"IDAT") - 4
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:at] + chunk + data[at:]


def large_jpeg(width: int, height: int, *, progressive: bool = False, grain: int = 5) -> bytes:
    """Coarse noise, which takes a decoder about as long as photographs of this size do."""
    rng = np.random.default_rng(7)
    small = rng.integers(0, 256, (-(-height // grain), -(-width // grain), 3), np.uint8)
    picture = small.repeat(grain, axis=0).repeat(grain, axis=1)[:height, :width]
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=10, progressive=progressive)
    return buffer.getvalue()


def page_of_words(width: int, height: int) -> bytes:
    """A page full of short words, each a box to find and a line to read."""
    picture = np.full((height, width, 3), 255, np.uint8)
    for top in range(20, height, 24):
        for left in range(4, width - 40, 56):
            cv2.putText(picture, f"{left % 97:02}{top % 89:02}", (left, top), 0, 0.45, (0, 0, 0), 1)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def png_of_chunks(count: int) -> bytes:
    """A small PNG with so many empty chunks that mean nothing, of 12 bytes each."""
    data = flat_png(8, 8)
    at = data.index(b"IDAT") - 4
    return (
        data[:at]
        + (struct.pack(">I", 0) + b"prVt" + struct.pack(">I", zlib.crc32(b"prVt"))) * count
        + data[at:]
    )


def tiff_of_pages(count: int, side: int = 8) -> bytes:
    """A grey TIFF of so many small pages, of 114 bytes each, that share their pixels."""
    tags = 9
    size = 2 + 12 * tags + 4
    pixels_at = 8 + size * count
    entries = (
        *((256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)),
        *((273, 4, 1, pixels_at), (277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, side * side)),
    )
    page = struct.pack("<H", tags) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    ends = [8 + size * (number + 1) for number in range(count - 1)] + [0]
    return (
        b"II*\0"
        + struct.pack("<I", 8)
        + b"".join(page + struct.pack("<I", end) for end in ends)
        + bytes(side**2)
    )


def jpeg_of_parts(parts: int, segments: int, mode: str = "RGB") -> bytes:
    """A JPEG in which so many others are said to be, all of them the same one, of many empty segments."""
    buffer = io.BytesIO()
    Image.new(mode, (64, 48), "red").save(buffer, "JPEG")
    plain = buffer.getvalue()
    part = plain[:2] + segment(0xEF, b"") * segments + plain[2:]
    start = len(mp_segment(parts, 0, 0)) + len(plain) - MP_BASE
    return plain[:2] + mp_segment(parts, start, len(part)) + plain[2:] + part


# Places in the list are counted from behind the mark, which stands so far from the beginning of the file.
MP_BASE = 2 + 4 + len(b"MPF\0")


def mp_segment(parts: int, start: int, size: int) -> bytes:
    """The list of JPEG files in one, all of which but the first begin at `start`; CIPA DC-007."""
    directory = struct.pack("<H", 1) + struct.pack("<HHII", 0xB002, 7, 16 * parts, 8 + 2 + 12 + 4) + bytes(4)
    entries = struct.pack("<IIII", 0x030000, size, 0, 0) + struct.pack("<IIII", 0, size, start, 0) * (
        parts - 1
    )
    return segment(0xE2, b"MPF\0II*\0" + struct.pack("<I", 8) + directory + entries)


def jpeg_of_exif(mode: str, entries: int = 65_000) -> bytes:
    """A JPEG with EXIF data of so many entries, in as many segments as they take."""
    buffer = io.BytesIO()
    Image.new(mode, (64, 48), "red").save(buffer, "JPEG")
    plain = buffer.getvalue()
    tiff = b"II*\0" + struct.pack("<IH", 8, entries)
    tiff += b"".join(struct.pack("<HHII", number, 3, 1, 1) for number in range(entries)) + bytes(4)
    pieces = [tiff[at : at + 65_000] for at in range(0, len(tiff), 65_000)]
    return plain[:2] + b"".join(segment(0xE1, b"Exif\0\0" + piece) for piece in pieces) + plain[2:]
