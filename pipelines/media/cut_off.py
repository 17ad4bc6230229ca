"""Compares the size that a container announces with that of its file: less was cut off; pure."""

import os
from pathlib import Path
from typing import BinaryIO

BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"styp", b"sidx"})
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
GIF_TRAILER = b";"
MAX_BOXES = 100_000


def missing_bytes(path: Path) -> int:
    """By how many bytes the file is shorter than its container announces; 0 where nothing is missing.

    ISO boxes (MP4, MOV), RIFF (AVI) and EBML (Matroska, WebM) announce sizes, a GIF ends with its trailer;
    others do not say.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        file.seek(0)
        if start[4:8] in BOXES:
            announced = end_of_boxes(file, size)
        elif start[:4] == b"RIFF":
            announced = 8 + int.from_bytes(start[4:8], "little")
        elif start[:4] == EBML:
            announced = end_of_segment(file)
        elif start[:4] == b"GIF8":
            file.seek(-1, os.SEEK_END)
            announced = size + (file.read(1) != GIF_TRAILER)
        else:
            return 0
    return max(announced - size, 0)


def end_of_boxes(file: BinaryIO, size: int) -> int:
    """The offset at which the last box ends that begins within the file."""
    at = 0
    for _ in range(MAX_BOXES):
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        # 0 is a box that goes to the end; what has no name of letters is no box but a trailer of somebody's.
        if length < 8 or not header[4:8].isalnum():
            break
        at += length
        if at >= size:
            break
    return at


def end_of_segment(file: BinaryIO) -> int:
    """The offset at which Matroska's segment ends; 0 where its size is not known."""
    file.seek(4)
    file.seek(element_size(file) or 0, os.SEEK_CUR)
    if file.read(4) != SEGMENT:
        return 0
    size = element_size(file)
    return 0 if size is None else file.tell() + size


def element_size(file: BinaryIO) -> int | None:
    """An EBML number of 1 to 8 bytes; None where it stands for an unknown size."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    digits = int.from_bytes(first + file.read(length - 1), "big") ^ (1 << (7 * length))
    return None if digits == (1 << (7 * length)) - 1 else digits
