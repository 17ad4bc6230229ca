"""Finds the JPEG files in one with several, as phones write them; CIPA DC-007; pure."""

import struct
from typing import BinaryIO, NamedTuple

from pipelines.media.jpeg_header import START_OF_IMAGE, BadHeader, read_header
from pipelines.media.orientation import BYTE_ORDERS

# Where a file says that there are others behind it, and in which of its bytes.
MARK = b"MPF\x00"
HEAD_BYTES = 65_536
# Of one of the others, so much is read to see its size, and no more of them are looked at than so many.
PART_HEAD_BYTES = 256 * 1024
MOST_PARTS = 100
MOST_ENTRIES = 50
# Table 4: the list of the files, and the types of those that are smaller copies of the first.
MP_ENTRIES, ENTRY_BYTES = 0xB002, 16
TYPE, PREVIEWS = 0xFFFFFF, (0x010001, 0x010002)


class Part(NamedTuple):
    """One JPEG file in another, from byte `start` on."""

    start: int
    size: int
    is_preview: bool


def photographs_in(file: BinaryIO, size_wh: tuple[int, int]) -> tuple[list[Part], int]:
    """The JPEG files of this size in one, and how many others are left out; none where there is one only.

    Those that are gone, because the file was edited, do not count.
    """
    parts = parts_of(piece_of(file, 0, HEAD_BYTES))
    sizes = [size_of_part(file, part) for part in parts]
    photographs = [
        part for part, size in zip(parts, sizes, strict=True) if size == size_wh and not part.is_preview
    ]
    if not photographs:
        return [], 0
    return photographs, sum(size is not None for size in sizes) - len(photographs)


def parts_of(head: bytes) -> list[Part]:
    """The list of the JPEG files, as the head of the first has it; empty where it cannot be read."""
    base = head.find(MARK) + len(MARK)
    order = BYTE_ORDERS.get(head[base : base + 4])
    if base < len(MARK) or order is None:
        return []
    try:
        return list_at(head, base, order)
    except struct.error:
        return []


def list_at(head: bytes, base: int, order: str) -> list[Part]:
    """The list of the files; places are counted from `base`, but for the first, the file's beginning."""
    directory = base + struct.unpack_from(f"{order}I", head, base + 4)[0]
    (count,) = struct.unpack_from(f"{order}H", head, directory)
    for number in range(min(count, MOST_ENTRIES)):
        tag, size, at = struct.unpack_from(f"{order}H2xII", head, directory + 2 + 12 * number)
        if tag == MP_ENTRIES:
            entries = [
                struct.unpack_from(f"{order}III", head, base + at + ENTRY_BYTES * entry)
                for entry in range(min(size // ENTRY_BYTES, MOST_PARTS))
            ]
            return [
                Part(start + (base if place else 0), size, attribute & TYPE in PREVIEWS)
                for place, (attribute, size, start) in enumerate(entries)
            ]
    return []


def size_of_part(file: BinaryIO, part: Part) -> tuple[int, int] | None:
    """Width and height of a JPEG file within another; None where there is none."""
    head = piece_of(file, part.start, min(part.size, PART_HEAD_BYTES))
    if not head.startswith(START_OF_IMAGE):
        return None
    try:
        return read_header(head)[:2]
    except BadHeader:
        return None


def piece_of(file: BinaryIO, start: int, size: int) -> bytes:
    """So many bytes of a file."""
    file.seek(start)
    return file.read(size)
